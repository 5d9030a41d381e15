import { Reviews } from '@bff/contracts/reviews'
import { logger, type Running } from '@bff/service-kit'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { start } from '../src/app.ts'

let running: Running

const boot = () => start({ port: 0, hostname: '127.0.0.1', log: logger('reviews', 'silent'), faults: true })

beforeAll(async () => {
  running = await boot()
})

afterAll(async () => {
  await running[Symbol.asyncDispose]()
})

async function get(query: string, { url }: Running = running): Promise<Reviews> {
  const answer = await fetch(`${url}/reviews?${query}`)
  expect(answer.status).toBe(200)
  return Reviews.strict().parse(await answer.json())
}

const products = Array.from({ length: 70 }, (_, at) => `prd_product-${at}`)

const all = () => Promise.all(products.map((id) => get(`productId=${id}&limit=50`)))

it('knows nothing of some products and much of others', async () => {
  const found = await all()
  const silent = found.filter(({ count }) => count === 0)
  expect(silent.length).toBeGreaterThan(0)
  expect(silent.length).toBeLessThan(products.length / 3)
  for (const none of silent) expect(none).toEqual({ average: null, count: 0, items: [] })
  expect(Math.max(...found.map(({ count }) => count))).toBe(12)
})

it('averages what it lists, and lists the newest first, nothing twice', async () => {
  for (const { average, count, items } of await all()) {
    expect(items).toHaveLength(count)
    const mean = items.reduce((sum, { rating }) => sum + rating, 0) / count
    if (average !== null) expect(Math.abs(average - mean)).toBeLessThanOrEqual(0.05)
    const dates = items.map(({ createdAt }) => createdAt)
    expect(dates).toEqual(dates.toSorted().toReversed())
    expect(new Set(items.map(({ id }) => id)).size).toBe(count)
    expect(new Set(items.map(({ text }) => text)).size).toBe(count)
  }
})

it('counts and averages all, however few are asked for', async () => {
  const found = await all()
  const id = products[found.findIndex(({ count }) => count > 10)]!
  const whole = await get(`productId=${id}&limit=50`)
  expect(await get(`productId=${id}&limit=3`)).toEqual({ ...whole, items: whole.items.slice(0, 3) })
  expect((await get(`productId=${id}`)).items).toHaveLength(10)
})

it('says of a product the same after every start, and of each something else', async () => {
  await using other = await boot()
  const ids = ['prd_product-1', 'prd_product-2', 'prd_product-3']
  const answers = await Promise.all(ids.map((id) => get(`productId=${id}`)))
  expect(await Promise.all(ids.map((id) => get(`productId=${id}`, other)))).toEqual(answers)
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(3)
})

it('takes any product id, but not none', async () => {
  const odd = await get(`productId=${encodeURIComponent('a product / of no catalog ☂')}`)
  expect(odd.items).toHaveLength(Math.min(odd.count, 10))
  expect((await fetch(`${running.url}/reviews`)).status).toBe(422)
})

it('fails when its switch says so, and only then', async () => {
  running.faults.set([{ route: 'GET /reviews', errorRate: 1, status: 503 }])
  const answer = await fetch(`${running.url}/reviews?productId=prd_product-1`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ code: 'injected-fault' })
  running.faults.clear()
  await get('productId=prd_product-1')
})
