import { describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Guard } from '../src/exchange.ts'
import { gateway, problem } from '../src/index.ts'
import { upstream } from '../src/testing.ts'
import { ask, problemIn } from './ask.ts'
import { bothDoors } from './both-doors.ts'
import { silent } from './exchange.ts'
import { rawUpstream, say } from './raw.ts'
import { listen } from './listen.ts'

describe('F4: what fails inside the proxy', () => {
  it.each(['text/html', 'application/json', '*/*'])(
    'is our problem, never a page of the framework’s, for %s',
    async (accept) => {
      const gone = await rawUpstream(() => undefined)
      await using bff = await bothDoors(gone.url)
      await gone[Symbol.asyncDispose]()
      const answer = await ask(`${bff.url}/api/files/x`, { headers: { accept } })
      expect(problemIn(answer)).toEqual({ status: 502, code: 'upstream-failed', source: 'items' })
      expect(answer.body.toString()).not.toMatch(/<html|<pre|Error occurred while/i)
    },
  )

  it('is one problem even before the road: a body too large', async () => {
    await using service = await upstream((_req, res) => res.end())
    await using bff = await bothDoors(service.url, { policy: { maxRequestBytes: 10 } })
    const answer = await ask(`${bff.url}/api/files/x`, { method: 'PUT', body: 'x'.repeat(11) })
    expect(problemIn(answer)).toEqual({ status: 413, code: 'content-too-large' })
    expect(service.seen).toEqual([])
  })
})

describe('F5: a guarded part of an open subtree', () => {
  const open: Guard = () => ({})
  const closed: Guard = () => {
    throw problem(401, 'token-missing')
  }

  async function setUp() {
    const stack = new AsyncDisposableStack()
    const service = stack.use(await upstream((_req, res) => res.end('reached')))
    const { forward, app } = gateway({}, { items: {} }, { items: {} })
    // The open one first: what guards is not the order in which they stand.
    const bff = app([forward('/api', 'items', { guard: open }), forward('/api/admin', 'items', { guard: closed })], {
      upstreams: { items: service.url },
      log: silent,
      authenticate: () => Promise.reject(problem(401, 'token-missing')),
    })
    const listening = stack.use(await listen(bff))
    const get = (target: string) => say(listening.url, `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    return { service, get, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  it.each([
    ['as it is', '/api/admin/x', 401],
    ['with a query', '/api/admin/x?y=/open', 401],
    ['an escaped letter', '/api/%61dmin/x', 401],
    ['all letters escaped', '/api/%61%64%6D%69%6e/x', 401],
    ['an empty segment', '/api//admin/x', 400],
    ['an empty segment before', '//api/admin/x', 400],
    ['a dot', '/api/./admin/x', 400],
    ['two dots', '/api/x/../admin/x', 400],
    ['two dots, escaped', '/api/x/%2e%2e/admin/x', 400],
    ['two dots, half escaped', '/api/x/.%2E/admin/x', 400],
    ['two dots and an escaped slash', '/api/x/..%2fadmin', 400],
    ['an escaped slash', '/api/admin%2fx', 400],
    ['two dots with a parameter', '/api/x/..;/admin/x', 400],
    ['a parameter', '/api/admin;a=b/x', 400],
    ['NUL', '/api/admin%00/x', 400],
    ['a backslash', '/api/x\\..\\admin', 400],
    ['two dots and a backslash', '/api/x/..\\admin', 400],
    ['an escaped backslash', '/api/x/..%5cadmin', 400],
    ['a fragment', '/api/x#/admin', 400],
    ['an overlong escape', '/api/x/%c0%ae%c0%ae/admin', 400],
    ['no escape', '/api/%zzadmin', 400],
  ])('%s, is guarded or refused: %s', async (_, target, status) => {
    await using t = await setUp()
    expect(await t.get(target)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(t.service.seen).toEqual([])
  })

  // Other names, which no service that reads a path once takes for that one. They arrive letter for letter.
  it.each([
    ['escaped twice', '/api/%2561dmin/x', '/%2561dmin/x'],
    ['a space', '/api/admin%20/x', '/admin%20/x'],
    ['a dot behind', '/api/admin./x', '/admin./x'],
    ['a capital', '/api/Admin/x', '/Admin/x'],
    ['more letters', '/api/administer', '/administer'],
    ['a lower-case escape', '/api/a%c3%a9', '/a%C3%A9'],
  ])('%s, is another name: %s', async (_, target, seen) => {
    await using t = await setUp()
    expect(await t.get(target)).toMatch(/^HTTP\/1\.1 200 .*reached/s)
    expect(t.service.seen.map(({ url }) => url)).toEqual([seen])
  })
})

describe('F9: the floor under Node', () => {
  const root = new URL('../../../', import.meta.url)
  const guard = fileURLToPath(new URL('scripts/require-node.cjs', root))
  const numbers = (version: string) => version.split('.').map(Number) as [number, number, number]

  it('is 24.18.1 or later of that line, here and in what is declared', () => {
    const { engines, devDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      engines: { node: string }
      devDependencies: { node: string }
    }
    const [, floor = ''] = /^>=(\d+\.\d+\.\d+) <25$/.exec(engines.node) ?? []
    for (const version of [floor, devDependencies.node, process.versions.node]) {
      const [major, minor, patch] = numbers(version)
      expect(major).toBe(24)
      expect(minor * 1_000 + patch).toBeGreaterThanOrEqual(18_001)
    }
  })

  it.each([
    ['20.20.2', 1],
    ['22.23.2', 1],
    ['24.17.0', 1],
    ['24.18.0', 1],
    ['24.18.1', 0],
    ['24.21.0', 0],
    ['26.0.0', 1],
  ])('%s: every start ends with %i', (version, status) => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require(${JSON.stringify(guard)})`
    const ended = spawnSync(process.execPath, ['-e', pretend], { encoding: 'utf8' })
    expect(ended.status).toBe(status)
    if (status === 1) expect(ended.stderr).toMatch(/^This needs Node 24\.\d+\.\d+ /)
  })

  it.each([1_000, 1_500, 3_000])('Z-02: of %i fields the last is read, or none is', async (count) => {
    await using service = await upstream((_req, res) => res.end('reached'))
    await using bff = await bothDoors(service.url, { guarded: true })
    const fields = 'a:b\r\n'.repeat(count)
    const answer = await say(
      bff.url,
      `GET /api/files/x HTTP/1.1\r\nhost: a\r\n${fields}authorization: me\r\nconnection: close\r\n\r\n`,
    )
    // Signed in by its last field, or refused for its size: never somebody else.
    expect(answer).toMatch(/^HTTP\/1\.1 (?:200|431) /)
    if (answer.startsWith('HTTP/1.1 431')) expect(service.seen).toEqual([])
  })
})
