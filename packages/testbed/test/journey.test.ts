import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bearer } from '@bff/gateway-core/client'
import { mobileClient } from '@bff/mobile'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { people, type Shop, startShop, WebBrowser } from '../src/index.ts'

let shop: Shop
let ada: WebBrowser
let adaToken: string

beforeAll(async () => {
  shop = await startShop()
  ada = new WebBrowser(shop.web)
  await ada.signIn(people.ada)
  adaToken = (await signIn(shop.issuer, demoBrowser(people.ada))).accessToken
}, 30_000)

afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

const key = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })

/** Ada's steps before confirming an order. */
async function checkOut(browser: WebBrowser): Promise<string> {
  const { featured } = await browser.bff('GET /api/home')
  const [first, second] = featured
  await browser.bff('PUT /api/cart/items/:productId', { productId: first!.id, body: { quantity: 2 } })
  await browser.bff('PUT /api/cart/items/:productId', { productId: second!.id, body: { quantity: 1 } })
  return (await browser.bff('POST /api/orders', key())).orderId
}

describe('the shop, all of it', () => {
  it('sells through web-bff, and shows the same order through mobile-bff', async () => {
    const home = await ada.bff('GET /api/home')
    expect(home.categories.length).toBeGreaterThanOrEqual(5)
    expect(home.featured.length).toBeGreaterThanOrEqual(6)

    const product = await ada.bff('GET /api/products/:id', { id: home.featured[0]!.id })
    expect(product.meta.parts).toEqual({ product: 'ok', categories: 'ok', stock: 'ok', reviews: 'ok' })

    const orderId = await checkOut(ada)
    const checkout = await ada.bff('GET /api/checkout/:orderId', { orderId })
    expect(checkout.customer.name).toBe('Ada Lovelace')
    expect(checkout.customer.addresses.length).toBeGreaterThan(0)
    expect(checkout.lines.map(({ quantity }) => quantity)).toEqual([2, 1])
    expect(checkout.meta.parts).toEqual({ products: 'ok', stock: 'ok' })
    expect(checkout.order.total.amount).toBe(checkout.lines.reduce((sum, { total }) => sum + total.amount, 0))

    const confirmed = await ada.bff('POST /api/checkout/:orderId/confirm', { orderId })
    expect(confirmed.status).toBe('confirmed')
    expect((await ada.bff('GET /api/cart')).lines).toEqual([])

    const app = mobileClient({ baseUrl: shop.mobile, as: bearer({ token: { accessToken: adaToken } }) })
    const seen = await app('GET /m/v1/orders/:id', { id: orderId })
    expect(seen).toMatchObject({ id: orderId, status: 'confirmed', total: checkout.order.total.amount, count: 3 })
    expect((await app('GET /m/v1/orders')).items[0]!.id).toBe(orderId)
  })

  it('shows the stock of a product as it changes while somebody buys it', async () => {
    const { featured } = await ada.bff('GET /api/home')
    const left = new AbortController()
    const { body, status } = await fetch(`${shop.web}/api/products/${featured[2]!.id}/stock`, { signal: left.signal })
    expect(status).toBe(200)
    let text = ''
    const reading = (async () => {
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) text += chunk
    })().catch(() => undefined)
    const events = () => text.split('\n\n').filter((one) => one.startsWith('data: '))
    while (events().length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await ada.bff('PUT /api/cart/items/:productId', { productId: featured[2]!.id, body: { quantity: 1 } })
    const { orderId } = await ada.bff('POST /api/orders', key())
    await ada.bff('POST /api/checkout/:orderId/confirm', { orderId })
    while (events().length === 1) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(JSON.parse(events()[0]!.slice('data: '.length))).toEqual({
      availability: expect.any(String),
      text: expect.any(String),
    })
    left.abort()
    await reading
    expect((await fetch(`${shop.web}/api/products/nothing/stock`)).status).toBe(404)
  })

  it('answers the same order once for one idempotency key', async () => {
    await checkOut(ada)
    await ada.bff('PUT /api/cart/items/:productId', {
      productId: (await ada.bff('GET /api/home')).featured[2]!.id,
      body: { quantity: 1 },
    })
    const same = key()
    const orders = await Promise.all([1, 2, 3, 4].map(() => ada.bff('POST /api/orders', same)))
    expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(1)
  })

  it('weighs less on the phone', async () => {
    const orderId = await checkOut(ada)
    const web = await (await ada.fetch(`/api/checkout/${orderId}`)).text()
    const mobile = await fetch(`${shop.mobile}/m/v1/checkout/${orderId}`, {
      headers: { authorization: `Bearer ${adaToken}` },
    })
    expect(mobile.status).toBe(200)
    expect((await mobile.text()).length).toBeLessThan(web.length * 0.4)
  })

  it("hides one customer's order from another: the orders service decides", async () => {
    const orderId = await checkOut(ada)
    const grace = new WebBrowser(shop.web)
    await grace.signIn(people.grace)
    for (const path of ['GET /api/orders/:id'] as const) {
      await expect(grace.bff(path, { id: orderId })).rejects.toMatchObject({ status: 404, code: 'order-not-found' })
    }
    await expect(grace.bff('GET /api/checkout/:orderId', { orderId })).rejects.toMatchObject({ status: 404 })
    await expect(grace.bff('POST /api/checkout/:orderId/confirm', { orderId })).rejects.toMatchObject({ status: 404 })
  })

  it('knows no unknown product, and no empty order', async () => {
    await expect(ada.bff('GET /api/products/:id', { id: 'prd_none' })).rejects.toMatchObject({
      status: 404,
      code: 'product-not-found',
    })
    await expect(
      ada.bff('PUT /api/cart/items/:productId', { productId: 'prd_none', body: { quantity: 1 } }),
    ).rejects.toMatchObject({ status: 404, code: 'product-not-found' })
    await checkOut(ada)
    await expect(ada.bff('POST /api/orders', key())).rejects.toMatchObject({ status: 409, code: 'cart-empty' })
  })

  it("asks who wants to see what is somebody's own", async () => {
    const nobody = new WebBrowser(shop.web)
    await expect(nobody.bff('GET /api/cart')).rejects.toMatchObject({
      status: 401,
      code: 'session-required',
      extra: { loginUrl: '/bff/login' },
    })
    const app = await fetch(`${shop.mobile}/m/v1/cart`)
    expect([app.status, app.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')])
    const withCookie = await ada.fetch(`${shop.mobile}/m/v1/cart`)
    expect(withCookie.status).toBe(401)
  })

  it('shows the browser no token, anywhere', async () => {
    const orderId = await checkOut(ada)
    expect(ada.cookies).toContain('__Host-Http-sid')
    for (const path of ['/bff/session', '/api/home', '/api/cart', `/api/checkout/${orderId}`]) {
      const answer = await ada.fetch(path)
      const all = JSON.stringify([...answer.headers]) + (await answer.text())
      expect(all).not.toMatch(/eyJ[\w-]+\.[\w-]+\./)
    }
  })

  it('forwards the catalog, images included', async () => {
    const [product] = (await ada.bff('GET /api/home')).featured
    const image = await fetch(shop.web + product!.image)
    expect([image.status, image.headers.get('content-type')]).toEqual([200, expect.stringContaining('image/svg+xml')])
    const again = await fetch(shop.web + product!.image, { headers: { 'if-none-match': image.headers.get('etag')! } })
    expect(again.status).toBe(304)
    expect((await fetch(`${shop.web}/api/catalog/products?limit=1`)).status).toBe(200)
    expect((await fetch(`${shop.web}/api/catalog/products`, { method: 'POST' })).status).toBe(405)
  })

  it('signs out', async () => {
    const alan = new WebBrowser(shop.web)
    await alan.signIn(people.alan)
    expect(await (await alan.fetch('/bff/session')).json()).toMatchObject({
      authenticated: true,
      user: { id: 'cus_alan' },
    })
    const left = await alan.fetch('/bff/logout', { method: 'POST', headers: { 'x-csrf': '1' } })
    expect(await left.json()).toMatchObject({ endSessionUrl: expect.stringContaining(shop.issuer) })
    expect(await (await alan.fetch('/bff/session')).json()).toEqual({ authenticated: false })
  })
})
