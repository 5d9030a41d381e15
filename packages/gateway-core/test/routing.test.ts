import { describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { accessLog } from '../src/edge/access-log.ts'
import { answer } from '../src/edge/answer.ts'
import { notFound, problems } from '../src/edge/problems.ts'
import type { Bound } from '../src/edge/router.ts'
import type { Method } from '../src/contract.ts'
import type { Predicate } from '../src/exchange.ts'
import { header, weight } from '../src/when.ts'
import { problem } from '../src/problem.ts'
import { silent } from './exchange.ts'
import { say } from './raw.ts'

interface Given {
  readonly name?: string
  readonly when?: Predicate
  readonly closed?: boolean
}

/** Answers with its name. `closed`: its guard lets nobody in. */
function route(key: string, { name = key, when, closed = false }: Given = {}): Bound {
  const [methods = '', path = ''] = key.split(' ')
  const guard = () => {
    if (closed) throw problem(401, 'token-missing')
    return {}
  }
  return {
    route: { methods: methods.split('|') as Method[], path, guard, bind: () => () => undefined, ...(when && { when }) },
    handle: (exchange, _req, res) => void res.end(`${name} ${JSON.stringify(exchange.params)}`),
  }
}

async function serving(...routes: Bound[]) {
  const authenticate = () => Promise.reject(problem(401, 'token-missing'))
  const app = express().use(accessLog(silent), answer(routes, { authenticate, log: silent, budget: 5_000 }))
  const server = createServer(app.use(notFound, problems))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    ask: async (method: string, path: string, headers: Record<string, string> = {}) => {
      const got = await fetch(url + path, { method, headers })
      return { status: got.status, allow: got.headers.get('allow'), text: await got.text() }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('routing', () => {
  it('answers HEAD from GET, OPTIONS with what there is, and another method with 405', async () => {
    await using t = await serving(route('GET /a/:id'), route('PUT /a/:key'))
    expect(await t.ask('HEAD', '/a/1')).toEqual({ status: 200, allow: null, text: '' })
    expect(await t.ask('OPTIONS', '/a/1')).toEqual({ status: 204, allow: 'GET, HEAD, PUT, OPTIONS', text: '' })
    expect(await t.ask('POST', '/a/1')).toMatchObject({ status: 405, allow: 'GET, HEAD, PUT, OPTIONS' })
    expect(await t.ask('OPTIONS', '/b')).toMatchObject({ status: 404 })
    expect(await t.ask('GET', '/A/1')).toMatchObject({ status: 404 })
    expect(await t.ask('GET', '/a/')).toMatchObject({ status: 404 })
  })

  it('F5: guards HEAD of a path as its GET, whatever wider route lists HEAD', async () => {
    await using t = await serving(route('GET /a/secret', { closed: true }), route('GET|HEAD /a/*'))
    expect((await t.ask('HEAD', '/a/secret')).status).toBe(401)
    expect((await t.ask('HEAD', '/a/other')).status).toBe(200)
  })

  it.each([
    '/a//secret',
    '/a/./secret',
    '/a/x/../secret',
    '/a/%2e%2e/a/secret',
    '/a/..%2fa/secret',
    '/a/%73ecret',
    '/a/secret%2f',
    '/a/x/..;/secret',
    '/a/secret;x=y',
    '/a/secret%00',
    '/a\\secret',
    '/a/..%5csecret',
    '/a/#/secret',
  ])('F5: %s does not reach the guarded path past its guard', async (path) => {
    await using t = await serving(route('GET /a/secret', { closed: true }), route('GET /a/*'))
    const got = await say(t.url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect(got).toMatch(/^HTTP\/1.1 40[01] /)
  })

  it('chooses between routes of one path by what they ask, in the listed order', async () => {
    await using t = await serving(
      route('GET /a', { name: 'beta', when: header('x-beta', '1') }),
      route('GET /a', { name: 'some', when: weight(0) }),
      route('GET /a', { name: 'all' }),
      route('GET /b', { when: header('x-beta') }),
    )
    expect((await t.ask('GET', '/a', { 'x-beta': '1' })).text).toBe('beta {}')
    expect((await t.ask('GET', '/a')).text).toBe('all {}')
    expect((await t.ask('GET', '/b')).status).toBe(404)
  })

  it('fails a request whose predicate throws, and tries no other route', async () => {
    const test = () => {
      throw new Error('broken')
    }
    await using t = await serving(route('GET /a', { when: { test, describe: 'broken' } }), route('GET /a'))
    expect(await t.ask('GET', '/a')).toMatchObject({ status: 500, text: expect.stringContaining('internal-error') })
  })
})
