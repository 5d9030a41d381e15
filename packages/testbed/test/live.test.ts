import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { LiveMessage } from '@bff/contracts/mobile-live'
import { mobileClient } from '@bff/mobile'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { keep } from '@bff/mobile/keep'
import { Live, type LiveOptions } from '@bff/mobile/live'
import { discover, signIn } from '@bff/mobile/sign-in'
import { people, type Shop, startShop } from '../src/shop.ts'

const states = ['created', 'confirmed', 'packed', 'shipped', 'delivered']

let shop: Shop
beforeAll(async () => {
  shop = await startShop({ stepMs: 300 })
})
afterAll(async () => shop[Symbol.asyncDispose]())

async function open(who: keyof typeof people, given: Partial<LiveOptions> = {}, fetch?: typeof globalThis.fetch) {
  const provider = await discover(shop.issuer)
  const { as } = keep(await signIn(shop.issuer, demoBrowser(people[who])), { provider })
  const client = mobileClient({ baseUrl: shop.mobile, as, ...(fetch && { fetch }) })
  const live = new Live({ client, as, baseUrl: shop.mobile, ...given })
  const order = async () => {
    const { cards } = await client('GET /m/v1/home')
    await client('PUT /m/v1/cart/items/:productId', { productId: cards[0]!.id, body: { quantity: 1 } })
    return (await client('POST /m/v1/orders', { headers: { 'idempotency-key': crypto.randomUUID() } })).id
  }
  const confirm = (orderId: string) => client('POST /m/v1/checkout/:orderId/confirm', { orderId })
  return { as, client, live, order, confirm, [Symbol.dispose]: () => live.close() }
}

const anywhere: NonNullable<LiveOptions['connect']> = (url, protocols) => new WebSocket(url, protocols)
const nowhere: NonNullable<LiveOptions['connect']> = (_, protocols) => new WebSocket('ws://127.0.0.1:9', protocols)

async function untilDelivered(updates: AsyncIterable<{ rev: number; status: string }>): Promise<string[]> {
  const seen: string[] = []
  for await (const { rev, status } of updates) {
    seen.push(`${rev} ${status}`)
    if (status === 'delivered') break
  }
  return seen
}

const all = states.map((status, i) => `${i + 1} ${status}`)

describe('an order in the app', () => {
  it('is shown as it changes, over one socket for all orders', async () => {
    let sockets = 0
    const connect: typeof anywhere = (...given) => {
      sockets += 1
      return anywhere(...given)
    }
    using app = await open('ada', { connect })
    const ids = [await app.order(), await app.order()]
    const seen = ids.map((id) => untilDelivered(app.live.order(id)))
    for (const id of ids) await app.confirm(id)
    expect(await Promise.all(seen)).toEqual([all, all])
    expect(sockets).toBe(1)
  })

  it('is shown from where it is known', async () => {
    using app = await open('ada')
    const id = await app.order()
    await app.confirm(id)
    expect(await untilDelivered(app.live.order(id, 2))).toEqual(all.slice(2))
  })

  it('is asked for where no socket can be had', async () => {
    using app = await open('ada', { connect: nowhere, tries: 1 })
    const id = await app.order()
    const seen = untilDelivered(app.live.order(id))
    await app.confirm(id)
    expect(await seen).toEqual(all)
    expect(app.live.by).toBe('poll')
  })

  it('E-2: has no gap and no repeat over broken sockets, lost answers and a line that changes', async () => {
    let calls = 0
    const lossy: typeof fetch = (...request) =>
      ++calls % 5 === 0 ? Promise.reject(new TypeError('a tunnel')) : fetch(...request)
    const connect: typeof anywhere = (...given) => {
      const socket = anywhere(...given)
      setTimeout(() => socket.close(), 40 + 40 * (calls % 3))
      return socket
    }
    const time = { now: Date.now, random: () => 0.05, wait: (ms: number) => new Promise((go) => setTimeout(go, ms)) }
    using app = await open('grace', { connect, time, polling: 100 }, lossy)
    const ids: string[] = []
    const retried = async <T>(what: () => Promise<T>): Promise<T> => what().catch(what)
    for (let i = 0; i < 5; i++) ids.push(await retried(app.order))
    const seen = ids.map((id) => untilDelivered(app.live.order(id)))
    for (const id of ids) await retried(() => app.confirm(id))
    for (let i = 0; i < 3; i++) await shop.restart('tracking')
    expect(await Promise.all(seen)).toEqual(ids.map(() => all))
  }, 60_000)

  it('of somebody else is not found, and the own goes on', async () => {
    using ada = await open('ada')
    using grace = await open('grace')
    const [hers, own] = [await ada.order(), await grace.order()]
    const foreign = untilDelivered(grace.live.order(hers))
    await expect(foreign).rejects.toMatchObject({ status: 404, code: 'order-not-found' })
    const seen = untilDelivered(grace.live.order(own))
    await grace.confirm(own)
    expect(await seen).toEqual(all)
  })

  it('of somebody else is not found by who asks, either', async () => {
    using ada = await open('ada')
    using grace = await open('grace', { connect: nowhere, tries: 0 })
    const hers = await ada.order()
    await expect(untilDelivered(grace.live.order(hers))).rejects.toMatchObject({ code: 'order-not-found' })
  })

  it('ends for its reader with the sign-in', async () => {
    using app = await open('ada')
    const id = await app.order()
    const updates = app.live.order(id)
    expect((await updates.next()).value).toMatchObject({ status: 'created' })
    app.as.use()
    app.live.wake()
    await expect(updates.next()).rejects.toMatchObject({ status: 401 })
  })

  it('is told in the words of the contract', async () => {
    using app = await open('ada')
    const id = await app.order()
    const { ticket } = await app.client('POST /m/v1/tickets')
    const url = `${shop.mobile.replace('http', 'ws')}/m/v1/live`
    const socket = new WebSocket(url, ['bff.live.v1', `bff.ticket.${ticket}`])
    await once(socket, 'open')
    const told: unknown[] = []
    const enough = Promise.withResolvers<void>()
    socket.addEventListener('message', ({ data }) => {
      told.push(JSON.parse(String(data)))
      if (told.length === 4) enough.resolve()
    })
    for (const topic of [`orders/${id}`, 'nothing']) socket.send(JSON.stringify({ type: 'subscribe', topic, after: 0 }))
    socket.send(JSON.stringify({ type: 'ping' }))
    await enough.promise
    socket.close()
    expect(told.map((one) => LiveMessage.parse(one).type).toSorted()).toEqual(['event', 'live', 'pong', 'problem'])
  })
})
