import { describe, expect, it } from '@jest/globals'
import { bearer } from '@bff/gateway-core/client'
import { mobileClient } from '@bff/mobile'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { people, type Shop, startShop, WebBrowser } from '../src/index.ts'

/** Ada's order waiting at the checkout, and both her clients. */
async function setUp() {
  const shop = await startShop()
  const web = new WebBrowser(shop.web)
  await web.signIn(people.ada)
  const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
  const mobile = mobileClient({ baseUrl: shop.mobile, as: bearer({ token: { accessToken } }) })
  const [product] = (await web.bff('GET /api/home')).featured
  await web.bff('PUT /api/cart/items/:productId', { productId: product!.id, body: { quantity: 1 } })
  const { orderId } = await web.bff('POST /api/orders', { headers: { 'idempotency-key': crypto.randomUUID() } })
  // mobile-bff fetches the issuer's keys while identity is up.
  await mobile('GET /m/v1/orders')
  return {
    shop,
    web,
    mobile,
    orderId,
    productId: product!.id,
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
}

type World = Awaited<ReturnType<typeof setUp>>

const screens = {
  home: ({ web }: World) => web.bff('GET /api/home'),
  product: ({ web, productId }: World) => web.bff('GET /api/products/:id', { id: productId }),
  cart: ({ web }: World) => web.bff('GET /api/cart'),
  checkout: ({ web, orderId }: World) => web.bff('GET /api/checkout/:orderId', { orderId }),
  confirm: ({ web, orderId }: World) => web.bff('POST /api/checkout/:orderId/confirm', { orderId }),
  orders: ({ web }: World) => web.bff('GET /api/orders'),
  mobileHome: ({ mobile }: World) => mobile('GET /m/v1/home'),
  mobileProduct: ({ mobile, productId }: World) => mobile('GET /m/v1/products/:id', { id: productId }),
  mobileCheckout: ({ mobile, orderId }: World) => mobile('GET /m/v1/checkout/:orderId', { orderId }),
  mobileOrders: ({ mobile }: World) => mobile('GET /m/v1/orders'),
} as const

type Name = keyof typeof screens
type Outcome = 'whole' | 'degraded' | `${number} ${string}`

async function outcome(screen: Name, world: World): Promise<Outcome> {
  try {
    const answer = (await screens[screen](world)) as { meta?: { parts: Record<string, string> } }
    return Object.values(answer.meta?.parts ?? {}).includes('fallback') ? 'degraded' : 'whole'
  } catch (error) {
    const { status, code } = error as { status: number; code: string }
    return `${status} ${code}`
  }
}

/** Outcomes per screen without one service. Screens not listed stay complete. */
const without: Readonly<Record<keyof Shop['services'], Partial<Record<Name, Outcome>>>> = {
  catalog: {
    // The web has just shown its home page, whose catalog data may be cached for 30 s.
    product: '502 upstream-failed',
    checkout: '502 upstream-failed',
    mobileHome: '502 upstream-failed',
    mobileProduct: '502 upstream-failed',
    // By then the circuit breaker is open.
    mobileCheckout: '503 upstream-unavailable',
  },
  customers: { checkout: '502 upstream-failed', mobileCheckout: '502 upstream-failed' },
  orders: {
    cart: '502 upstream-failed',
    checkout: '502 upstream-failed',
    confirm: '502 upstream-failed',
    orders: '502 upstream-failed',
    mobileCheckout: '502 upstream-failed',
    mobileOrders: '502 upstream-failed',
  },
  inventory: {
    product: 'degraded',
    cart: 'degraded',
    checkout: 'degraded',
    confirm: '503 inventory-unavailable',
    mobileProduct: 'degraded',
    mobileCheckout: 'degraded',
  },
  reviews: { product: 'degraded', mobileProduct: 'degraded' },
  tracking: {},
  identity: {},
}

describe('with one service killed', () => {
  it.each(Object.entries(without))(
    '%s',
    async (service, expected) => {
      await using world = await setUp()
      await world.shop.services[service as keyof Shop['services']][Symbol.asyncDispose]()
      const seen: Partial<Record<Name, Outcome>> = {}
      for (const name of Object.keys(screens) as Name[]) {
        const result = await outcome(name, world)
        if (result !== 'whole') seen[name] = result
      }
      expect(seen).toEqual(expected)
    },
    30_000,
  )
})

describe('with one service at fault', () => {
  it('degrades while reviews hang, and does not wait for them longer than they are given', async () => {
    await using world = await setUp()
    world.shop.services.reviews.faults.set([{ mode: 'hang' }])
    const start = performance.now()
    expect(await outcome('product', world)).toBe('degraded')
    expect(performance.now() - start).toBeLessThan(1_500)
  })

  it.each([
    ['reset', '502 upstream-failed'],
    ['truncate', '502 upstream-failed'],
    ['hang', '504 upstream-timeout'],
  ] as const)('says so when the catalog answers with a %s', async (mode, expected) => {
    await using world = await setUp()
    world.shop.services.catalog.faults.set([{ mode }])
    // The web's home page is partly cached.
    expect(await outcome('mobileHome', world)).toBe(expected)
    expect(await outcome('home', world)).toBe('whole')
    world.shop.services.catalog.faults.clear()
    expect(await outcome('mobileHome', world)).toBe('whole')
  })
})
