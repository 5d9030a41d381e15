import { describe, expect, it } from '@jest/globals'
import type { RequestListener } from 'node:http'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import { compensated, each, gateway, optional, stale, when } from '../src/index.ts'
import { problem } from '../src/problem.ts'
import { json, upstream } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'

const Item = z.object({ id: z.string() })
const Items = z.object({ items: z.array(Item) })

const items = {
  'GET /items': { query: z.object({ ids: z.union([z.array(z.string()), z.string()]) }), out: Items },
  'GET /items/:id': {
    out: Item,
    errors: { 'item-not-found': 404 },
    batch: { by: 'GET /items', ids: 'ids', items: 'items', id: 'id', missing: 'item-not-found', most: 3 },
  },
  'GET /single/:id': { out: Item, errors: { 'item-not-found': 404 } },
  'POST /items': { out: Item },
  'PUT /items/:id': { out: Item },
  'DELETE /items/:id': {},
} as const satisfies Contract

const Shown = z.object({ ids: z.array(z.string().nullable()) })
const front = {
  'GET /api/gathered': { query: z.object({ ids: z.array(z.string()) }), out: Shown },
  'GET /api/each': { query: z.object({ ids: z.array(z.string()) }), out: Shown, errors: { 'item-not-found': 404 } },
  'GET /api/when': { query: z.object({ full: z.string().optional() }), out: Shown },
  'GET /api/stale': { out: Shown, stale: ['item', 'derived', 'listed'], optional: ['listed', 'fresh'] },
  'GET /api/both': { out: Shown, errors: { 'item-not-found': 404 } },
  'GET /api/unexpected': { out: Shown },
  'POST /api/writes': { out: Shown },
  'GET /api/leak': { out: Shown },
} as const satisfies Contract

const { screen, app } = gateway(
  front,
  { items },
  { items: { timeout: 800, coalesce: false, breaker: false, outlier: false, cache: { staleIfError: 60_000 } } },
)
const guard = () => ({})

const routes = [
  screen('GET /api/gathered', {
    guard,
    parts: ({ query, from }) => ({
      items: each(query.ids, (id) => from.items('GET /items/:id', { id }).except('item-not-found', undefined)),
    }),
    view: ({ items }) => ({ ids: items.map((item) => item?.id ?? null) }),
  }),
  screen('GET /api/each', {
    guard,
    parts: ({ query, from }) => ({
      items: each(query.ids, (id) => from.items('GET /single/:id', { id }), { concurrency: 2 }),
    }),
    view: ({ items }) => ({ ids: items.map(({ id }) => id) }),
  }),
  screen('GET /api/when', {
    guard,
    parts: ({ query, from }) => ({
      item: when(query.full === 'yes', () => from.items('GET /single/:id', { id: 'a' }).unexpected('item-not-found')),
    }),
    view: ({ item }) => ({ ids: [item?.id ?? null] }),
  }),
  screen('GET /api/stale', {
    guard,
    parts: ({ from }) => {
      const item = from.items('GET /single/:id', { id: 'kept' }).unexpected('item-not-found')
      const listed = from.items('GET /items/:id', { id: 'kept' })
      return {
        item: stale(item),
        derived: stale(item.then(({ id }) => id)),
        listed: optional(stale(listed)),
        fresh: optional(from.items('GET /single/:id', { id: 'new' })),
      }
    },
    view: ({ item, derived, listed, fresh }) => ({ ids: [item.id, derived, listed?.id ?? null, fresh?.id ?? null] }),
  }),
  screen('GET /api/both', {
    guard,
    parts: ({ from }) => ({
      broken: from.items('GET /single/:id', { id: 'broken' }),
      slow: from.items('GET /single/:id', { id: 'slow' }),
    }),
    view: () => ({ ids: [] }),
  }),
  screen('GET /api/unexpected', {
    guard,
    parts: ({ from }) => ({ item: from.items('GET /single/:id', { id: 'none' }).unexpected('item-not-found') }),
    view: ({ item }) => ({ ids: [item.id] }),
  }),
  screen('POST /api/writes', {
    guard,
    parts: ({ from }) => {
      const made = from.items('POST /items')
      const undo = ({ id }: { id: string }) => from.items('DELETE /items/:id', { id })
      return {
        made: compensated(made, undo),
        changed: made.then(({ id }) => from.items('PUT /items/:id', { id })).then(({ id }) => id),
      }
    },
    view: ({ changed }) => ({ ids: [changed] }),
  }),
  screen('GET /api/leak', {
    guard,
    parts: ({ from }) => ({ item: from.items('GET /single/:id', { id: 'a' }).unexpected('item-not-found') }),
    // What a careless view would let out: all there is.
    view: ({ item }) => ({ ids: [], ...item, password: 'hunter2' }),
  }),
]

async function setUp(handler: RequestListener) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await upstream(handler))
  const bff = stack.use(
    await listen(
      app(routes, {
        upstreams: { items: service.url },
        log: silent,
        authenticate: () => Promise.reject(problem(401, 'token-missing')),
      }),
    ),
  )
  const get = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(bff.url + path, init)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const asked = () => service.seen.map(({ method, url }) => `${method} ${url}`)
  return { get, asked, service, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const shelf: RequestListener = (req, res) => {
  const { pathname, searchParams } = new URL(req.url!, 'http://x')
  const known = (id: string) => !id.startsWith('no')
  if (pathname === '/items')
    json(res, {
      items: searchParams
        .getAll('ids')
        .filter(known)
        .map((id) => ({ id }))
        .toReversed(),
    })
  else {
    const id = pathname.split('/').at(-1)!
    if (known(id)) json(res, { id, secret: 'internal' })
    else json(res, { code: 'item-not-found' }, 404)
  }
}

const ids = (...all: string[]) => `ids=${all.join('&ids=')}`

describe('each', () => {
  it('makes one call of many where the contract says how, and gives each its own, in order', async () => {
    await using t = await setUp(shelf)
    const answer = await t.get(`/api/gathered?${ids('a', 'nope', 'a')}`)
    expect(answer).toEqual({ status: 200, body: { ids: ['a', null, 'a'] } })
    expect(t.asked()).toEqual(['GET /items?ids=a&ids=nope'])
  })

  it('asks in calls of as many as the service takes, and one alone by its own operation', async () => {
    await using t = await setUp(shelf)
    await t.get(`/api/gathered?${ids('a', 'b', 'c', 'd', 'e', 'f', 'g')}`)
    await t.get(`/api/gathered?${ids('nothing', 'nothing')}`)
    expect(t.asked()).toEqual([
      'GET /items?ids=a&ids=b&ids=c',
      'GET /items?ids=d&ids=e&ids=f',
      'GET /items?ids=g',
      'GET /items/nothing',
    ])
  })

  it('has at most so many calls under way, each item asked for once', async () => {
    let [now, most] = [0, 0]
    await using t = await setUp((req, res) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        shelf(req, res)
      }, 10)
    })
    const all = ['a', 'b', 'c', 'd', 'e', 'a', 'b']
    expect(await t.get(`/api/each?${ids(...all)}`)).toEqual({ status: 200, body: { ids: all } })
    expect([most, t.service.seen.length]).toEqual([2, 5])
  })

  it('begins no more once one has failed', async () => {
    await using t = await setUp(shelf)
    const answer = await t.get(`/api/each?${ids('none', 'a', 'b', 'c', 'd', 'e', 'f')}`)
    expect([answer.status, answer.body['code']]).toEqual([404, 'item-not-found'])
    expect(t.service.seen.length).toBeLessThan(5)
  })
})

describe('when', () => {
  it('asks only where the condition holds', async () => {
    await using t = await setUp(shelf)
    expect((await t.get('/api/when')).body).toEqual({ ids: [null] })
    expect(t.asked()).toEqual([])
    expect((await t.get('/api/when?full=yes')).body).toEqual({ ids: ['a'] })
  })
})

describe('stale', () => {
  it('says of which parts a cache answered in place of a service that fails', async () => {
    let down = false
    await using t = await setUp((req, res) => {
      res.setHeader('cache-control', 'max-age=0')
      if (down) json(res, {}, 500)
      else shelf(req, res)
    })
    const all = ['kept', 'kept', 'kept', 'new']
    const parts = { item: 'ok', derived: 'ok', listed: 'ok', fresh: 'ok' }
    expect(await t.get('/api/stale')).toEqual({ status: 200, body: { ids: all, meta: { parts } } })
    down = true
    // `fresh` is not declared to be stale, so that nothing is said of it: what the policy allows is for `npm run audit`.
    expect((await t.get('/api/stale')).body).toEqual({
      ids: all,
      meta: { parts: { item: 'stale', derived: 'stale', listed: 'stale', fresh: 'ok' } },
    })
  })
})

describe('a required part that fails', () => {
  it('ends the calls of the others', async () => {
    const cut = Promise.withResolvers<void>()
    await using t = await setUp((req, res) => {
      if (req.url === '/single/slow') res.once('close', () => cut.resolve())
      else setTimeout(() => json(res, { code: 'item-not-found' }, 404), 20)
    })
    const start = performance.now()
    expect((await t.get('/api/both')).status).toBe(404)
    await cut.promise
    expect(performance.now() - start).toBeLessThan(700)
  })

  it('of a problem that the screen expects of nobody is the service failing', async () => {
    await using t = await setUp(shelf)
    const { status, body } = await t.get('/api/unexpected')
    expect([status, body['code'], body['source']]).toEqual([502, 'upstream-failed', 'items'])
  })
})

describe('compensated', () => {
  it('takes a write back when the screen fails after it', async () => {
    await using t = await setUp((req, res) => {
      if (req.method === 'POST') json(res, { id: 'made' })
      else if (req.method === 'DELETE') res.writeHead(204).end()
      else json(res, {}, 500)
    })
    expect((await t.get('/api/writes', { method: 'POST' })).status).toBe(502)
    expect(t.asked()).toEqual(['POST /items', 'PUT /items/made', 'DELETE /items/made'])
  })

  it('leaves what was written where all went well, and undoes nothing that was not done', async () => {
    let broken = false
    await using t = await setUp((_req, res) => (broken ? json(res, {}, 500) : json(res, { id: 'made' })))
    expect(await t.get('/api/writes', { method: 'POST' })).toEqual({ status: 200, body: { ids: ['made'] } })
    broken = true
    expect((await t.get('/api/writes', { method: 'POST' })).status).toBe(502)
    expect(t.asked()).toEqual(['POST /items', 'PUT /items/made', 'POST /items'])
  })
})

describe('a view', () => {
  it('lets nothing out that its contract does not name', async () => {
    await using t = await setUp(shelf)
    expect(await t.get('/api/leak')).toEqual({ status: 200, body: { ids: [] } })
  })
})
