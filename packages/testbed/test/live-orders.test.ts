import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hasRedis, redisServer, type RedisServer } from '@bff/gateway-core/testing'
import { people, type Shop, startShop, WebBrowser } from '../src/index.ts'

/** `LIVE_SEED=…` makes the same breaks again, as far as a machine is the same twice. */
const seed = Number(process.env['LIVE_SEED'] ?? Date.now() % 100_000)

/** Numbers from 0 to 1 (mulberry32). */
function seeded(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const random = seeded(seed)
const breaks = 100
const rest = { headers: { 'x-csrf': '1' } }

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

let redis: RedisServer
let shop: Shop
let ada: WebBrowser

interface Seen {
  readonly revs: number[]
  readonly notes: Set<string>
  broken: number
  readonly refused: Map<string, number>
}

const key = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })

/** An order on its way, of something that is still there. */
async function confirmed(): Promise<string> {
  for (;;) {
    const { featured } = await ada.bff('GET /api/home')
    const { id } = featured[Math.floor(random() * featured.length)]!
    await ada.bff('PUT /api/cart/items/:productId', { productId: id, body: { quantity: 1 } })
    const { orderId } = await ada.bff('POST /api/orders', key())
    try {
      await ada.bff('POST /api/checkout/:orderId/confirm', { orderId })
      return orderId
    } catch (error) {
      if (!ada.bff.is(error, 'POST /api/checkout/:orderId/confirm', 'out-of-stock')) throw error
    }
  }
}

/** One connection: what came of it goes into `seen`. True when it is over for good. */
async function read(orderId: string, seen: Seen, breakAfter: number): Promise<boolean> {
  const left = new AbortController()
  const timer = setTimeout(() => left.abort(), breakAfter)
  let text = ''
  const take = (): boolean => {
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end)
      text = text.slice(end + 2)
      const [, rev] = /^id: (\d+)\ndata: /.exec(event) ?? []
      const [, note] = /^(?:id: \d+\n)?event: (\S+)/.exec(event) ?? []
      if (rev !== undefined) seen.revs.push(Number(rev))
      if (note !== undefined) seen.notes.add(note)
      if (note === 'end') return true
    }
    return false
  }
  try {
    const { revs } = seen
    const known: Record<string, string> = revs.length === 0 ? {} : { 'last-event-id': String(revs.at(-1)) }
    const answer = await ada.fetch(`/api/orders/${orderId}/events`, { headers: known, signal: left.signal })
    if (answer.status === 204) return true
    if (answer.status !== 200) {
      const refusal = `${answer.status} ${await answer.text()}`.slice(0, 120)
      seen.refused.set(refusal, (seen.refused.get(refusal) ?? 0) + 1)
      return false
    }
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (take()) return true
    }
  } catch {
    if (left.signal.aborted) seen.broken++
  } finally {
    clearTimeout(timer)
    left.abort()
  }
  return false
}

async function follow(orderId: string): Promise<Seen> {
  const seen: Seen = { revs: [], notes: new Set(), broken: 0, refused: new Map() }
  while (!(await read(orderId, seen, 10 + random() * 150))) await pause(random() * 40)
  return seen
}

suite('an order, followed', () => {
  beforeAll(async () => {
    redis = await redisServer()
    shop = await startShop({ redisUrl: redis.url, stepMs: 1_500 })
    ada = new WebBrowser(shop.web)
    await ada.signIn(people.ada)
  }, 30_000)
  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })

  it(`E-2: has no gap and no repeat over ${breaks} breaks and restarts of tracking and web-bff (LIVE_SEED=${seed})`, async () => {
    let broken = 0
    let rounds = 0
    for (; broken < breaks || rounds < 2; rounds++) {
      const orders: string[] = []
      while (orders.length < 8) orders.push(await confirmed())
      const following = orders.map(follow)
      for (const name of ['tracking', 'web', 'tracking'] as const) {
        await pause(300 + random() * 500)
        await shop.restart(name, () => pause(random() * 300))
      }
      const all = await Promise.all(following)
      for (const [i, seen] of all.entries()) {
        const { timeline } = await ada.bff('GET /api/orders/:id', { id: orders[i]! })
        expect(timeline.at(-1)!.status).toBe('delivered')
        expect(seen.revs).toEqual(timeline.map(({ rev }) => rev))
        expect([...seen.notes]).not.toContain('resync')
        broken += seen.broken
      }
    }
    process.stdout.write(`E-2: ${broken} breaks in ${rounds} rounds, LIVE_SEED=${seed}\n`)
  }, 120_000)

  it('L-9: ends with a reason for its reader when they sign out', async () => {
    const laptop = new WebBrowser(shop.web)
    await laptop.signIn(people.ada)
    const answer = await laptop.fetch(`/api/orders/${await confirmed()}/events`)
    expect(answer.status).toBe(200)
    const text = answer.text()
    expect((await laptop.fetch('/bff/logout', { method: 'POST', ...rest })).status).toBe(200)
    expect(await text).toMatch(/event: session-ended\ndata: \{.*"code":"session-expired".*\}\n\n$/)
  }, 20_000)

  it('of somebody else is not found, and says so before it begins', async () => {
    const grace = new WebBrowser(shop.web)
    await grace.signIn(people.grace)
    const orderId = await confirmed()
    const answer = await grace.fetch(`/api/orders/${orderId}/events`)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'order-not-found'])
    const nobody = await fetch(`${shop.web}/api/orders/${orderId}/events`, rest)
    expect([nobody.status, ((await nobody.json()) as { code: string }).code]).toEqual([401, 'session-required'])
  }, 20_000)
})
