import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { liveProtocol } from '@bff/contracts/mobile-live'
import { revocations } from '@bff/gateway-core/auth'
import { openStore } from '@bff/gateway-core/state'
import { hasRedis, redisServer, type RedisServer } from '@bff/gateway-core/testing'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { logger } from '@bff/service-kit'
import { people, type Shop, startShop, WebBrowser } from '../src/index.ts'
import { byEvents, bySocket, follow, seeded } from './followers.ts'

/** `LIVE_SEED=…` repeats the same breaks, as far as timing permits. */
const seed = Number(process.env['LIVE_SEED'] ?? Date.now() % 100_000)

const random = seeded(seed)
const breaks = 100
const rest = { headers: { 'x-csrf': '1' } }

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

let redis: RedisServer
let shop: Shop
let ada: WebBrowser

const key = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })

/** A confirmed order of a product in stock. */
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

suite('an order, followed', () => {
  beforeAll(async () => {
    redis = await redisServer()
    shop = await startShop({ redisUrl: redis.url, stepMs: 1_500, requestsPerMinute: 100_000 })
    ada = new WebBrowser(shop.web)
    await ada.signIn(people.ada)
  }, 30_000)
  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })

  it(`E-2: has no gap and no repeat, for a page and for an app, over ${breaks} breaks of each and restarts of tracking and both BFFs (LIVE_SEED=${seed})`, async () => {
    const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
    const ways = { events: byEvents(ada), socket: bySocket(shop.mobile, accessToken) }
    const broken = { events: 0, socket: 0 }
    let rounds = 0
    for (; Math.min(broken.events, broken.socket) < breaks || rounds < 2; rounds++) {
      const orders: string[] = []
      while (orders.length < 6) orders.push(await confirmed())
      const following = orders.flatMap((id) =>
        (['events', 'socket'] as const).map(async (way) => {
          const seen = await follow(ways[way], id, seeded(random() * 2 ** 32))
          return { id, way, seen }
        }),
      )
      for (const name of ['tracking', 'web', 'mobile', 'tracking'] as const) {
        await pause(300 + random() * 300)
        await shop.restart(name, () => pause(random() * 300))
      }
      for (const { id, way, seen } of await Promise.all(following)) {
        const { timeline } = await ada.bff('GET /api/orders/:id', { id })
        expect(timeline.at(-1)!.status).toBe('delivered')
        expect([way, seen.revs]).toEqual([way, timeline.map(({ rev }) => rev)])
        expect([...seen.notes]).not.toContain('resync')
        broken[way] += seen.broken
      }
    }
    process.stdout.write(`E-2: ${JSON.stringify(broken)} breaks in ${rounds} rounds, LIVE_SEED=${seed}\n`)
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

  it('L-9: ends for a page and an app, at whichever process, when what its person was given is taken back', async () => {
    const orderId = await confirmed()
    const other = await shop.more()
    const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
    const pages = await Promise.all(
      [shop.web, other.web].map((web) => ada.fetch(`${web}/api/orders/${orderId}/events`)),
    )
    const sockets = [shop.mobile, other.mobile].map(
      (mobile) =>
        new WebSocket(`${mobile.replace('http', 'ws')}/m/v1/live`, [liveProtocol, `bff.bearer.${accessToken}`]),
    )
    await Promise.all(sockets.map((socket) => once(socket, 'open')))
    const closed = sockets.map(async (socket) => {
      const [{ code, reason }] = (await once(socket, 'close')) as [CloseEvent]
      return [code, reason]
    })
    for (const name of ['web-bff', 'mobile-bff']) {
      await using stack = new AsyncDisposableStack()
      const log = logger('test', 'silent')
      const store = await openStore({ url: redis.url, prefix: `${name}:`, log })
      stack.defer(async () => store[Symbol.asyncDispose]?.())
      // Token timestamps are whole seconds.
      await stack.use(revocations({ store, log })).user('cus_ada', 'stolen', Date.now() + 1_000)
    }
    for (const page of pages)
      expect(await page.text()).toMatch(/event: session-ended\n.*"code":"session-expired".*\n\n$/)
    expect(await Promise.all(closed)).toEqual(closed.map(() => [4401, 'token-invalid']))
  }, 20_000)
})
