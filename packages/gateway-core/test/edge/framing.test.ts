import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { wire } from '../raw.ts'
import { answersIn, type Gate, gateTo, head, problemOf, refused, tell } from './gate.ts'

let gate: Gate
beforeAll(async () => {
  gate = await gateTo()
})
afterAll(() => gate[Symbol.asyncDispose]())

const put = (...fields: string[]) => head('PUT /api/files/evil', ...fields)
const get = (...fields: string[]) => head('GET /api/files/evil', ...fields)
const chunked = 'transfer-encoding: chunked'
const bare = (bytes: string) => `GET /api/files/evil HTTP/1.1\r\nhost: shop.example\r\n${bytes}`

const rows: [string, string, string, number, string][] = [
  ['S-01', 'CL.TE', `${put('content-length: 6', chunked)}0\r\n\r\nG`, 400, 'malformed-request'],
  ['S-02', 'TE.CL', `${put(chunked, 'content-length: 4')}5c\r\nGPOST\r\n0\r\n\r\n`, 400, 'malformed-request'],
  ['S-03', 'chunked, then identity', `${put(chunked, 'transfer-encoding: identity')}0\r\n\r\n`, 400, ''],
  ['S-03', 'chunked and identity', `${put('transfer-encoding: chunked, identity')}0\r\n\r\n`, 400, ''],
  ['S-03', 'identity with a length', `${put('transfer-encoding: identity', 'content-length: 3')}abc`, 400, ''],
  ['S-03', 'xchunked', `${put('transfer-encoding: xchunked')}0\r\n\r\n`, 400, ''],
  ['S-03', '\\x0bchunked', `${put('transfer-encoding: \x0bchunked')}0\r\n\r\n`, 400, ''],
  ['S-03', 'chunked twice', `${put(chunked, chunked)}0\r\n\r\n`, 400, ''],
  ['S-04', 'an empty coding', `${put('transfer-encoding: ,chunked')}0\r\n\r\n`, 400, 'malformed-header'],
  ['S-05', 'gzip, chunked', `${put('transfer-encoding: gzip, chunked')}0\r\n\r\n`, 501, 'transfer-coding-unknown'],
  ['S-06', 'HTTP/1.0 chunked', put(chunked).replace('HTTP/1.1', 'HTTP/1.0'), 400, 'malformed-header'],
  ...[
    '3\r\ncontent-length: 3',
    '3\r\ncontent-length: 4',
    '1, 1',
    '+1',
    '-1',
    '0x1',
    '1_0',
    '',
    '18446744073709551616',
  ].map((value): [string, string, string, number, string] => [
    'S-07',
    `length ${value}`,
    `${put(`content-length: ${value}`)}abc`,
    400,
    '',
  ]),
  ['S-08', 'length 003', `${put('content-length: 003')}abc`, 400, 'malformed-header'],
  ['S-09', 'Content-Length :', `${put('content-length : 3')}abc`, 400, 'malformed-request'],
  ['S-09', 'Transfer-Encoding :', `${put('transfer-encoding : chunked')}0\r\n\r\n`, 400, 'malformed-request'],
  ['S-10', 'a folded field', get('x-a: b', ' c'), 400, 'malformed-request'],
  ['S-10', 'a fold first', 'GET /api/files/evil HTTP/1.1\r\n host: a\r\n\r\n', 400, 'malformed-request'],
  ['S-10', 'a folded coding', `${put('transfer-encoding:', ' chunked')}0\r\n\r\n`, 400, ''],
  ['S-11', 'bare LF head', 'GET /api/files/evil HTTP/1.1\nhost: a\n\n', 400, ''],
  ['S-11', 'one bare LF', bare('x-a: b\nx-c: d\r\n\r\n'), 400, ''],
  ['S-11', 'bare CR in a value', get('x-a: b\rc'), 400, ''],
  ['S-11', 'CR CR', bare('x-a: b\r\rX\r\n\r\n'), 400, ''],
  ['S-11', 'NUL in a value', get('x-a: b\0c'), 400, ''],
  ['S-11', 'NUL in a name', get('x\0a: b'), 400, ''],
  ['S-11', 'DEL in a value', get('x-a: b\x7fc'), 400, ''],
  ['S-11', 'an empty name', get(': b'), 400, ''],
  ['S-11', 'no colon', get('x-a'), 400, ''],
  ['S-11', 'space in a name', get('x a: b'), 400, ''],
  ['S-11', '( in a name', get('x(a: b'), 400, ''],
  ['S-11', 'a byte over ASCII in a name', get('x\xe9: b'), 400, ''],
  ...['host', 'authorization', 'cookie', 'x-tenant', 'origin'].map((name): [string, string, string, number, string] => [
    'S-12',
    `a byte over ASCII in ${name}`,
    name === 'host' ? 'GET /api/files/evil HTTP/1.1\r\nhost: \xe9vil\r\n\r\n' : get(`${name}: \xe9`),
    400,
    'malformed-header',
  ]),
  [
    'S-14',
    'a chunk extension of 20 KB',
    `${put(chunked)}1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
    413,
    'content-too-large',
  ],
  ...[
    '1;a\r\r;b\r\nx',
    '1\nx\r\n',
    '1\r\nx\n',
    '0x1\r\nx',
    '-1\r\nx',
    ' 1\r\nx',
    '1 \r\nx',
    `${'f'.repeat(17)}\r\nx`,
  ].map((chunk): [string, string, string, number, string] => [
    'S-15',
    `chunk ${JSON.stringify(chunk)}`,
    `${put(chunked)}${chunk}\r\n0\r\n\r\n`,
    400,
    'malformed-request',
  ]),
  ['S-17', 'a GET with a body', `${get('content-length: 30')}GET /api/files/evil HTTP/1.1\r\n`, 400, 'unexpected-body'],
  ['S-17', 'a GET with chunks', `${get(chunked)}1\r\nx\r\n0\r\n\r\n`, 400, 'unexpected-body'],
  ['S-22', 'Expect: y 100-continue', put('expect: y 100-continue', 'content-length: 3'), 417, 'expectation-failed'],
  ['S-22', 'Expect: banana', put('expect: banana', 'content-length: 3'), 417, 'expectation-failed'],
  ['S-23', 'no Host', 'GET /api/files/evil HTTP/1.1\r\n\r\n', 400, 'malformed-host'],
  ['S-23', 'an empty Host', 'GET /api/files/evil HTTP/1.1\r\nhost:\r\n\r\n', 400, 'malformed-host'],
  ['S-23', 'two Hosts', get('host: evil'), 400, 'repeated-header'],
  ['S-24', 'HTTP/0.9', get().replace('1.1', '0.9'), 505, ''],
  ['S-24', 'HTTP/2.0', get().replace('1.1', '2.0'), 505, ''],
  ['S-24', 'HTTP/1.2', get().replace('1.1', '1.2'), 400, ''],
  ['S-24', 'http/1.1', get().replace('HTTP', 'http'), 400, ''],
  ['S-24', 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, ''],
  ...['Transfer_Encoding', 'Content_Length', 'X_User_Id', 'X_Forwarded_For', 'X-User_Id', 'Authorization_'].map(
    (name): [string, string, string, number, string] =>
      name === 'Authorization_'
        ? ['S-25', 'X_Real-IP', get('X_Real-IP: 6.6.6.6'), 400, 'malformed-header']
        : ['S-25', name, get(`${name}: 1`), 400, 'malformed-header'],
  ),
  ...['Authorization', 'Content-Type', 'Origin', 'X-CSRF', 'Idempotency-Key'].map(
    (name): [string, string, string, number, string] => [
      'S-30',
      `two of ${name}`,
      get(`${name}: a`, `${name}: b`),
      400,
      'repeated-header',
    ],
  ),
]

describe.each([
  ['first', false],
  ['second', true],
])('%s on its connection', (_, second) => {
  it.each(rows)('%s: %s is refused, closed, and reaches nobody', async (_id, _what, bytes, status, code) => {
    const [said, problem] = await refused(gate, bytes, second)
    expect([said, code === '' ? '' : problem]).toEqual([status, code])
    expect(gate.seen).toEqual([])
    await gate.well()
  })
})

describe('what is fine', () => {
  const passes = async (bytes: string, second = false) => {
    gate.seen.length = 0
    const answers = await tell(gate, bytes, second)
    await gate.well()
    return { statuses: answers.map(({ status }) => status), seen: [...gate.seen] }
  }
  const close = 'connection: close'

  it('S-12: a byte over ASCII in other fields passes unchanged', async () => {
    const { seen } = await passes(get('accept-language: \xe9', close))
    expect(seen[0]!.headers['accept-language']).toBe('\xe9')
  })

  it.each([
    ['S-13', 'an extension', '1;a=b\r\nx\r\n0\r\n\r\n'],
    ['S-16', 'trailers', '1\r\nx\r\n0\r\nauthorization: evil\r\nx-user: evil\r\n\r\n'],
  ])('%s: %s is dropped', async (_id, _what, body) => {
    const { statuses, seen } = await passes(put(chunked, close) + body)
    expect(statuses).toEqual([200])
    expect(seen).toHaveLength(1)
    expect(seen[0]!.body).toBe('x')
    expect(JSON.stringify(seen[0])).not.toMatch(/authorization|x-user|a=b/)
  })

  it.each(['keep-alive, upgrade', 'Transfer-Encoding, upgrade'])(
    'S-18: a request hidden in a DELETE with Connection: %s stays its body',
    async (listed) => {
      const hidden = 'GET /api/files/evil HTTP/1.1\r\nhost: evil\r\n\r\n'
      const body = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
      const bytes = head('DELETE /api/files/x', chunked, `connection: ${listed}`) + body
      const { statuses, seen } = await passes(bytes + get(close).replace('evil', 'next'))
      expect(statuses).toEqual([200, 200])
      expect(seen.map(({ url, body }) => [url, body])).toEqual([
        ['/x', hidden],
        ['/next', ''],
      ])
    },
  )

  it.each([
    ['S-19', 'foo', 'x-a: b'],
    ['S-20', 'h2c', 'http2-settings: AAMAAABkAAQCAAAAAAIAAAAA'],
  ])('%s: Upgrade: %s is not forwarded, and nothing passes behind it unseen', async (_id, protocol, field) => {
    const bytes = get(`connection: upgrade, http2-settings`, `upgrade: ${protocol}`, field)
    const { statuses, seen } = await passes(bytes + head('TRACE /api/files/evil', close))
    expect(statuses[0]).toBe(200)
    expect(statuses.slice(1)).toEqual(statuses.length === 1 ? [] : [405])
    expect(seen.map(({ url }) => url)).toEqual(['/evil'])
    expect(seen[0]!.headers).not.toHaveProperty('upgrade')
    expect(seen[0]!.headers).not.toHaveProperty('http2-settings')
  })

  it('S-21: an answer before the end of a small body keeps the connection for the next request', async () => {
    await using line = await wire(gate.url)
    line.write(`${head('POST /nowhere', 'content-length: 40000')}some`)
    await line.until(/route-not-found/)
    line.write(`${'x'.repeat(39_996)}${head('GET /api/files/after', close)}`)
    const answers = answersIn(await line.closed())
    expect(answers.map(({ status, body }) => [status, body.slice(0, 4)])).toEqual([
      [404, '{"ty'],
      [200, 'echo'],
    ])
  })

  it('S-21: an answer before the end of a large body closes the connection, and what follows is not answered', async () => {
    gate.seen.length = 0
    await using line = await wire(gate.url)
    line.write(`${head('POST /nowhere', 'content-length: 400000')}some`)
    await line.until(/route-not-found/)
    line.write(`${'x'.repeat(399_996)}${get()}`)
    const answers = answersIn(await line.closed())
    expect(answers).toHaveLength(1)
    expect(answers[0]!.head).toMatch(/connection: close/i)
    expect(gate.seen).toEqual([])
    await gate.well()
  })

  it('S-22: a client that expects it is told to continue, and the service never hears of that', async () => {
    await using line = await wire(gate.url)
    gate.seen.length = 0
    line.write(put('expect: 100-continue', 'content-length: 3', close))
    await line.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    line.write('abc')
    expect(answersIn(await line.closed()).map(({ status }) => status)).toEqual([100, 200])
    expect(gate.seen[0]!.body).toBe('abc')
    expect(gate.seen[0]!.headers).not.toHaveProperty('expect')
  })

  it.each([
    ['an unknown route', 'POST /nowhere', 3, 404],
    ['a body over the limit', 'PUT /api/files/x', 11_000_000, 413],
  ])('S-22: %s costs its client no upload', async (_what, line, length, status) => {
    const answers = await tell(gate, head(line, 'expect: 100-continue', `content-length: ${length}`))
    expect(answers.map((said) => said.status)).toEqual([status])
  })

  it.each([2, 16, 100])('S-26: %d requests at once are answered in order', async (many) => {
    const paths = Array.from({ length: many }, (_, i) => `/api/files/${i % 7 === 0 ? 'slow' : 'x'}${i}`)
    const bytes = paths.map((path, i) => head(`GET ${path}`, ...(i === many - 1 ? [close] : []))).join('')
    const answers = await tell(gate, bytes, false, 5_000)
    expect(answers.map(({ body }) => body)).toEqual(paths.map((path) => path.replace('/api/files', 'echo of ')))
    gate.seen.length = 0
    await gate.well()
  })

  it.each([
    ['an answer that takes time', '/api/files/slow'],
    ['an answer made at once', '/nowhere'],
  ])('S-27: after Connection: close %s is given, and the rest ignored', async (_what, path) => {
    const { statuses } = await passes(head(`GET ${path}`, close) + get())
    expect(statuses).toEqual([path === '/nowhere' ? 404 : 200])
  })

  it('S-27: bytes that are no request are refused after the answer that is under way', async () => {
    const answers = await tell(gate, `${head('GET /api/files/slow')}hello\r\n\r\n${get()}`)
    expect(answers.map(({ status }) => status)).toEqual([200, 400])
    expect(problemOf(answers[1])).toBe('malformed-request')
  })

  it('S-28: an empty line before a request is skipped', async () => {
    expect((await passes(`\r\n${get(close)}`)).statuses).toEqual([200])
  })

  it('S-29: names of prototypes are dropped', async () => {
    const { seen } = await passes(get('__proto__: a', 'constructor: b', 'hasOwnProperty: c', close))
    expect(Object.keys(seen[0]!.headers)).not.toContain('constructor')
    expect(Object.keys(seen[0]!.headers)).not.toContain('__proto__')
  })

  it.each([
    ['alone', get('trailer: x', close)],
    ['with a length', `${put('trailer: x', 'content-length: 2', close)}ok`],
    ['with a name that is none', get('trailer: a b', close)],
    ['with trailers', `${put('trailer: x', chunked, close)}1\r\nx\r\n0\r\nx: y\r\n\r\n`],
  ])('S-31, F1: Trailer %s is dropped', async (_what, bytes) => {
    const { statuses, seen } = await passes(bytes)
    expect(statuses).toEqual([200])
    expect(seen[0]!.headers).not.toHaveProperty('trailer')
  })
})
