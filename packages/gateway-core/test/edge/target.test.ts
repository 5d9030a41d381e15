import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { METHODS } from 'node:http'
import { type Gate, gateTo, head, refused, tell } from './gate.ts'

let gate: Gate
beforeAll(async () => {
  gate = await gateTo()
})
afterAll(() => gate[Symbol.asyncDispose]())

const line = (request: string) => head(request)
const invalid = (id: string, path: string): [string, string, number, string] => [id, `GET ${path}`, 400, 'invalid-path']
const malformed = (id: string, request: string): [string, string, number, string] => [
  id,
  request,
  400,
  'malformed-request',
]

const rows: [string, string, number, string][] = [
  ...['/api/files//evil', '/api//files/evil', '//api/files/evil'].map((path) => invalid('P-02', path)),
  ...['/api/files/./evil', '/api/files/x/../evil'].map((path) => invalid('P-03', path)),
  ...['/api/files/%2e%2e/evil', '/api/files/..%2fevil', '/api/files/..', '/api/files/../../etc'].map((path) =>
    invalid('P-04', path),
  ),
  ...['/api/files/evil%2fx', '/api/files/evil%5cx', '/api/files\\evil'].map((path) => invalid('P-06', path)),
  ...['/api/files/evil;a=b/x', '/api/files/x/..;/evil', '/api/files/evil%3bx'].map((path) => invalid('P-08', path)),
  ...['/api/files/evil%00', '/api/files/evil%1f', '/api/files/evil%7f'].map((path) => invalid('P-09', path)),
  ...['/api/files/%zz', '/api/files/%c0%ae', '/api/files/%'].map((path) => invalid('P-10', path)),
  ...['/api/files/x#/evil', '/api/files/x?a#/evil'].map((path) => invalid('P-11', path)),
  ...['http://evil/api/files/x', 'http://evil@shop.example/api/files/x'].map((path) => invalid('P-12', path)),
  ...['http:///api/files/x', 'ftp://shop.example/'].map((path) => invalid('P-12', path)),
  malformed('P-13', 'GET shop.example:80'),
  malformed('P-13', 'GET @evil/api/files/x'),
  ['P-13', 'CONNECT evil:443', 405, 'method-not-allowed'],
  invalid('P-14', '*'),
  ['P-15', 'TRACE /api/files/evil', 405, 'method-not-allowed'],
  malformed('P-16', 'GET /api/files/a b'),
  malformed('P-16', 'GET /api/files/a\tb'),
  malformed('P-16', 'GET /api/files/a\0b'),
  ['P-16', 'GET /api/files/\xe9vil', 400, ''],
  ['P-16', 'GET /api/files/x?\xe9vil', 400, ''],
  ['P-16', 'get /api/files/evil', 501, 'method-unknown'],
  ['P-16', 'EVIL /api/files/evil', 501, 'method-unknown'],
  ['P-16', 'PROPFIND /api/files/evil', 501, 'method-unknown'],
  ...['/api/files/evil%0d%0aX:y', '/api/files/evil%0a'].map((path) => invalid('P-17', path)),
  ['P-18', `GET /api/files/${'e'.repeat(8_192)}`, 414, 'target-too-long'],
  ['P-18', `GET /api/files/x?${'e'.repeat(8_192)}`, 414, 'target-too-long'],
  ['P-18', `GET /api/files/${'e'.repeat(17_000)}`, 431, 'headers-too-large'],
]

describe.each([
  ['first', false],
  ['second', true],
])('%s on its connection', (_, second) => {
  it.each(rows)('%s: %j is refused, closed, and reaches nobody', async (_id, request, status, code) => {
    const [said, problem] = await refused(gate, line(request), second)
    expect([said, code === '' ? '' : problem]).toEqual([status, code])
    expect(gate.seen).toEqual([])
    await gate.well()
  })

  it.each([
    ['P-01', 'GET /API/files/x', 404],
    ['P-01', 'GET /api/FILES/x', 404],
    ['P-09', 'GET /api/files%20/x', 404],
    ['P-09', 'GET /api/files./x', 404],
    ['P-14', 'OPTIONS *', 204],
    ['P-16', 'QUERY /api/files/x', 405],
    ['P-16', 'PATCH /api/files/x', 405],
  ])('%s: %s is answered here', async (_id, request, status) => {
    const answers = await tell(gate, head(request, 'connection: close'), second)
    expect(answers.map((said) => said.status)).toEqual([status])
    expect(gate.seen).toEqual([])
    await gate.well()
  })

  it.each([
    ['P-01', '/api/files/Admin', '/Admin'],
    ['P-05', '/api/%66iles/%61dmin?a=%61', '/admin?a=%61'],
    ['P-07', '/api/files/%2561dmin', '/%2561dmin'],
    ['P-09', '/api/files/a%20b', '/a%20b'],
    ['P-12', 'http://shop.example/api/files/x?y=1', '/x?y=1'],
    ['P-12', 'HTTP://SHOP.example/api/files/x', '/x'],
    ['P-16', '/api/files/caf%c3%a9', '/caf%C3%A9'],
    ['P-17', '/api/files/x?a=%0d%0ab', '/x?a=%0d%0ab'],
  ])('%s: %s is forwarded in its one spelling', async (_id, path, url) => {
    const answers = await tell(gate, head(`GET ${path}`, 'connection: close'), second)
    expect(answers.map((said) => said.status)).toEqual([200])
    expect(gate.seen.splice(0).map((one) => one.url)).toEqual([url])
  })
})

it('P-16: every method that node reads is answered, and only those that the route lists are forwarded', async () => {
  for (const method of METHODS) {
    await tell(gate, head(`${method} /api/files/${method}`, 'connection: close'))
  }
  expect(gate.seen.splice(0).map(({ method, url }) => [method, url])).toEqual(
    ['DELETE', 'GET', 'HEAD', 'POST', 'PUT'].map((method) => [method, `/${method}`]),
  )
})
