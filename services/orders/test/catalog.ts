import type { Product } from '@bff/contracts/catalog'
import { json, upstream, type Upstream } from '@bff/gateway-core/testing'

export interface CatalogStub extends AsyncDisposable {
  readonly url: string
  readonly seen: Upstream['seen']
  /** Prices by product ID. */
  readonly prices: Map<string, number>
  /** Replaces every response; `silent`: none at all. */
  broken?: { readonly status: number; readonly body: unknown } | 'silent' | undefined
}

export async function startCatalog(): Promise<CatalogStub> {
  const prices = new Map([
    ['lamp', 1_290],
    ['desk', 24_900],
  ])
  const server = await upstream((req, res) => {
    const id = /^\/products\/([^/?]+)$/.exec(req.url ?? '')?.[1] ?? ''
    const price = prices.get(id)
    if (stub.broken === 'silent') return
    if (stub.broken !== undefined) json(res, stub.broken.body, stub.broken.status)
    else if (price === undefined) json(res, { code: 'product-not-found' }, 404, 'application/problem+json')
    else json(res, product(id, price))
  })
  const stub: CatalogStub = {
    url: server.url,
    seen: server.seen,
    prices,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return stub
}

const product = (id: string, amount: number): Product => ({
  id,
  sku: id.toUpperCase(),
  name: `The ${id}`,
  brand: 'Brand',
  summary: '',
  description: '',
  categoryId: 'things',
  price: { amount, currency: 'EUR' },
  image: id,
  specs: [],
  tags: [],
  featured: false,
})
