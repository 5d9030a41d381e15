import { describe, expect, it } from '@jest/globals'
import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import { each, gateway, optional, stale } from '../src/index.ts'
import { problem } from '../src/problem.ts'
import { json, upstream } from '../src/testing.ts'
import { seeded } from './call.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'

const Thing = z.object({ id: z.string() })
const Things = z.object({ items: z.array(Thing) })

const things = {
  'GET /list': { out: Things },
  'GET /one/:id': { out: Thing },
  'GET /many': { query: z.object({ ids: z.union([z.array(z.string()), z.string()]) }), out: Things },
  'GET /many/:id': {
    out: Thing,
    errors: { 'thing-not-found': 404 },
    batch: { by: 'GET /many', ids: 'ids', items: 'items', id: 'id', missing: 'thing-not-found' },
  },
} as const satisfies Contract

const front = {
  'GET /api/screen': {
    auth: 'open',
    out: z.object({
      list: z.array(z.string()),
      dependent: z.string(),
      each: z.array(z.string()),
      gathered: z.array(z.string().nullable()),
      extra: z.string(),
      kept: z.string(),
    }),
    optional: ['extra'],
    stale: ['kept'],
  },
} as const satisfies Contract

const { screen, app } = gateway(
  front,
  { things },
  {
    things: {
      timeout: 4_000,
      breaker: false,
      outlier: false,
      // Requests of other orders are under way at the same time.
      coalesce: false,
      cache: { staleIfError: 600_000 },
    },
  },
)

const routes = [
  screen('GET /api/screen', {
    guard: () => ({}),
    expose: { things: ['x-thing', 'set-cookie'] },
    parts: ({ from }) => {
      const list = from.things('GET /list')
      return {
        list,
        dependent: list.then(({ items }) => from.things('GET /one/:id', { id: `of-${items[0]!.id}` })),
        each: list.then(({ items }) =>
          each(items, ({ id }) => from.things('GET /one/:id', { id }), { concurrency: 2 }),
        ),
        gathered: list.then(({ items }) =>
          each([...items, { id: 'none' }], ({ id }) =>
            from.things('GET /many/:id', { id }).except('thing-not-found', undefined),
          ),
        ),
        extra: optional(
          from.things('GET /one/:id', { id: 'extra' }).then(({ id }) => id),
          'no extra',
        ),
        kept: stale(from.things('GET /one/:id', { id: 'kept' })),
      }
    },
    view: ({ list, dependent, each: all, gathered, extra, kept }) => ({
      list: list.items.map(({ id }) => id),
      dependent: dependent.id,
      each: all.map(({ id }) => id),
      gathered: gathered.map((one) => one?.id ?? null),
      extra,
      kept: kept.id,
    }),
  }),
]

/** What is asked for once which other calls have been answered; `each` has two under way at a time. */
const asked: Readonly<Record<string, (done: ReadonlySet<string>) => boolean>> = {
  '/list': () => true,
  '/one/of-a': (done) => done.has('/list'),
  '/one/a': (done) => done.has('/list'),
  '/one/b': (done) => done.has('/list'),
  '/one/c': (done) => done.has('/one/a') || done.has('/one/b'),
  '/many?ids=a&ids=b&ids=c&ids=none': (done) => done.has('/list'),
  '/one/extra': () => true,
  '/one/kept': () => true,
}

/** One request: its calls are held until they are released, one by one. */
class Held {
  readonly #came = new Map<string, ServerResponse>()
  #changed = Promise.withResolvers<void>()

  come(url: string, res: ServerResponse): void {
    this.#came.set(url, res)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Answers in an order that `random` says, and resolves with it. */
  async release(random: () => number, give: (url: string, res: ServerResponse) => void): Promise<string[]> {
    const done = new Set<string>()
    while (done.size < Object.keys(asked).length) {
      const due = Object.keys(asked).filter((url) => !done.has(url) && asked[url]!(done))
      while (!due.every((url) => this.#came.has(url))) await this.#changed.promise
      const url = due[Math.floor(random() * due.length)]!
      give(url, this.#came.get(url)!)
      done.add(url)
    }
    return [...done]
  }
}

function itemOf(url: string): object {
  const { pathname, searchParams } = new URL(url, 'http://x')
  if (pathname === '/list') return { items: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] }
  if (pathname === '/many')
    return { items: searchParams.getAll('ids').flatMap((id) => (id === 'none' ? [] : [{ id, secret: 'x' }])) }
  return { id: pathname.split('/').at(-1) }
}

function well(url: string, res: ServerResponse): void {
  // What is said of keeping it, names and cookies differ from call to call: one answer is made of all of them.
  res.setHeader('cache-control', `max-age=${url === '/one/kept' ? 0 : 60 + url.length}`)
  res.setHeader('x-thing', url)
  // No cache keeps what sets one, so that each of the others is asked for each time.
  if (url !== '/one/kept') res.setHeader('set-cookie', `last=${url.length}`)
  json(res, itemOf(url))
}

const failing = new Set<string>()
const give = (url: string, res: ServerResponse): void =>
  failing.has(url) ? json(res, { why: 'at /srv/app.ts:1' }, 500) : well(url, res)

async function setUp() {
  const stack = new AsyncDisposableStack()
  const held = new Map<string, Held>()
  const service = stack.use(
    await upstream((req, res) => {
      const one = held.get(String(req.headers['traceparent']).slice(3, 35))
      if (one === undefined) give(req.url!, res)
      else one.come(req.url!, res)
    }),
  )
  const bff = app(routes, {
    upstreams: { things: service.url },
    log: silent,
    authenticate: () => Promise.reject(problem(401, 'token-missing')),
  })
  const { url } = stack.use(await listen(bff))
  let count = 0
  const ask = async (random: () => number) => {
    const id = (++count).toString(16).padStart(32, '0')
    const one = new Held()
    held.set(id, one)
    const answer = fetch(`${url}/api/screen`, { headers: { traceparent: `00-${id}-${'1'.repeat(16)}-01` } })
    const order = await one.release(random, give)
    return { order: order.join(' '), told: await tell(await answer) }
  }
  return { url, ask, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** All of an answer that has to be the same, byte by byte. */
async function tell(answer: Response): Promise<string> {
  const headers = [...answer.headers].filter(([name]) => name !== 'date')
  const lines = headers.map(([name, value]) => `${name}: ${name === 'server-timing' ? untimed(value) : value}`)
  return [answer.status, ...lines, '', await answer.text()].join('\n')
}

const untimed = (value: string): string => value.replace(/dur=[\d.]+/g, 'dur=')

const runs = 200

/** `ARRIVAL_SEED=…` runs the one order that it stands for. */
const given = process.env['ARRIVAL_SEED']
const first = Number(given ?? Math.floor(Math.random() * 1e9))
const seeds = Array.from({ length: given === undefined ? runs : 1 }, (_, i) => first + i)

describe('the order in which the parts of a screen arrive', () => {
  it.each([
    ['all is well', [], { extra: 'ok', kept: 'ok' }],
    ['an optional part fails', ['/one/extra'], { extra: 'fallback', kept: 'ok' }],
    ['a part is answered with what is too old', ['/one/kept'], { extra: 'ok', kept: 'stale' }],
    ['both', ['/one/extra', '/one/kept'], { extra: 'fallback', kept: 'stale' }],
  ])('changes no byte of an answer where %s', async (_, broken, parts) => {
    await using t = await setUp()
    failing.clear()
    // The cache has seen it once.
    await t.ask(() => 0)
    for (const url of broken) failing.add(url)
    const { told: wanted } = await t.ask(() => 0)
    expect(JSON.parse(wanted.split('\n\n')[1]!)).toMatchObject({ meta: { parts } })
    const orders = new Set<string>()
    for (const seed of seeds) {
      const { order, told } = await t.ask(seeded(seed))
      orders.add(order)
      if (told !== wanted) throw new Error(`ARRIVAL_SEED=${seed} (${order})\n${told}\nand not\n${wanted}`)
    }
    if (given === undefined) expect(orders.size).toBeGreaterThan(runs / 2)
  })
})
