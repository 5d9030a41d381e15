import { Product } from '@bff/contracts/catalog'
import { problem } from '@bff/gateway-core/problem'
import { traceparent } from '@bff/gateway-core/server'
import type { Snapshot } from './line.ts'

/** The current name and price of a product. */
export type FindProduct = (id: string, traceId: string) => Promise<Snapshot>

const Offer = Product.pick({ id: true, sku: true, name: true, price: true })

export function catalogAt(address: string): FindProduct {
  return async (id, traceId) => {
    // URL parsing resolves dot segments, even percent-encoded ones.
    if (/^\.\.?$/.test(id)) throw problem(404, 'product-not-found')
    const offer = await ask(`${address}/products/${encodeURIComponent(id)}`, traceId).catch((cause: unknown) => {
      throw problem(503, 'catalog-unavailable', { source: 'catalog', cause })
    })
    if (offer === undefined) throw problem(404, 'product-not-found')
    return { productId: id, sku: offer.sku, name: offer.name, unitPrice: offer.price.amount }
  }
}

async function ask(url: string, traceId: string) {
  const answer = await fetch(url, {
    headers: { traceparent: traceparent(traceId) },
    redirect: 'error',
    signal: AbortSignal.timeout(1_000),
  })
  if (answer.ok) return Offer.parse(await answer.json())
  await answer.body?.cancel()
  if (answer.status === 404) return undefined
  throw new Error(`catalog answered ${answer.status}`)
}
