import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '../testing.ts'
import { type MemoryOptions, remember } from './remember.ts'

/** A server whose every path answers its name and the current revision, and answers conditional requests. */
async function setUp(options?: MemoryOptions, cacheControl = 'private, no-cache') {
  const told: string[] = []
  const state = { rev: 1 }
  const server = await upstream((req, res) => {
    const etag = `"${state.rev}"`
    const same = req.headers['if-none-match'] === etag
    told.push(`${req.url} ${same ? 304 : 200}`)
    res.setHeader('cache-control', cacheControl)
    res.setHeader('etag', etag)
    if (same) res.writeHead(304).end()
    else json(res, { path: req.url, rev: state.rev })
  })
  const fetch = remember(options)
  const get = async (path: string) => (await fetch(server.url + path, { method: 'GET' })).json()
  return { get, fetch, told, state, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

describe('remember', () => {
  it('H-10: asks for what it knows with If-None-Match, and answers a 304 itself', async () => {
    await using t = await setUp()
    expect([await t.get('/a'), await t.get('/a')]).toEqual([
      { path: '/a', rev: 1 },
      { path: '/a', rev: 1 },
    ])
    t.state.rev = 2
    expect([await t.get('/a'), await t.get('/a')]).toEqual([
      { path: '/a', rev: 2 },
      { path: '/a', rev: 2 },
    ])
    expect(t.told).toEqual(['/a 200', '/a 304', '/a 200', '/a 304'])
  })

  it('forgets what was not asked for longest', async () => {
    await using t = await setUp({ entries: 2 })
    for (const path of ['/a', '/b', '/a', '/c', '/a', '/b']) await t.get(path)
    expect(t.told).toEqual(['/a 200', '/b 200', '/a 304', '/c 200', '/a 304', '/b 200'])
  })

  it('keeps nothing from one person to the next', async () => {
    let person = 0
    await using t = await setUp({ who: () => person })
    await t.get('/a')
    person = 1
    await t.get('/a')
    person = 0
    await t.get('/a')
    expect(t.told).toEqual(['/a 200', '/a 200', '/a 200'])
  })

  it('keeps nothing that comes for one person when the next is there already', async () => {
    let person = 0
    const held = Promise.withResolvers<void>()
    const asked: unknown[] = []
    await using server = await upstream(async (req, res) => {
      asked.push(req.headers['if-none-match'])
      if (asked.length === 1) await held.promise
      res.setHeader('etag', '"1"')
      json(res, {})
    })
    const fetch = remember({ who: () => person })
    const ask = (path: string) => fetch(server.url + path, { method: 'GET' })
    const late = ask('/cart')
    person = 1
    await ask('/home')
    held.resolve()
    await late
    await ask('/cart')
    expect(asked).toEqual([undefined, undefined, undefined])
  })

  it('keeps nothing that is not to be stored', async () => {
    await using t = await setUp({}, 'no-store')
    await t.get('/a')
    await t.get('/a')
    expect(t.told).toEqual(['/a 200', '/a 200'])
  })

  it.each([
    ['another method', 'POST', 200],
    ['another status', 'GET', 404],
  ])('leaves alone %s', async (_, method, status) => {
    await using server = await upstream((_req, res) => {
      res.setHeader('etag', '"1"')
      json(res, {}, status)
    })
    const fetch = remember()
    for (const _ of [1, 2]) expect((await fetch(server.url, { method })).status).toBe(status)
    expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, undefined])
  })
})
