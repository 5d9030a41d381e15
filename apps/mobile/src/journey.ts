import type { mobileClient } from './client.ts'

type Client = ReturnType<typeof mobileClient>
type Connect = (fetch: typeof globalThis.fetch) => Client

/** Browse, buy, confirm and look back: visits every screen of the app once and prints its content and size. */
export async function journey(
  connect: Connect,
  say: (line: string) => void,
): Promise<{ orderId: string; bytes: number }> {
  let bytes = 0
  const bff = connect(async (...request) => {
    const answer = await fetch(...request)
    const size = (await answer.clone().arrayBuffer()).byteLength
    bytes += size
    say(
      `${String(size).padStart(6)} B  ${(request[1]?.method ?? 'GET').padEnd(6)} ${new URL(String(request[0])).pathname}`,
    )
    return answer
  })
  const show = (line: string) => say(`          ${line}\n`)

  const home = await bff('GET /m/v1/home')
  const [first, second] = home.cards
  if (first === undefined || second === undefined) throw new Error('the shop has nothing to show')
  show(`${home.cards.length} products, first ${first.name} for ${money(first.price, home.currency)}`)

  const product = await bff('GET /m/v1/products/:id', { id: first.id })
  show(
    `${product.name}: ${product.text} (stock: ${product.av}, stars: ${product.meta.parts.reviews === 'fallback' ? 'unavailable' : (product.stars ?? 'none yet')})`,
  )

  await bff('PUT /m/v1/cart/items/:productId', { productId: first.id, body: { quantity: 2 } })
  await bff('PUT /m/v1/cart/items/:productId', { productId: second.id, body: { quantity: 1 } })
  const cart = await bff('GET /m/v1/cart')
  show(`${cart.lines.length} lines, ${money(cart.total, cart.currency)}`)

  const { id } = await bff('POST /m/v1/orders', { headers: { 'idempotency-key': crypto.randomUUID() } })
  const checkout = await bff('GET /m/v1/checkout/:orderId', { orderId: id })
  show(
    `${money(checkout.total, checkout.currency)} to ${checkout.to} (stock: ${checkout.lines.map(({ av }) => av).join(', ')})`,
  )

  const confirmed = await bff('POST /m/v1/checkout/:orderId/confirm', { orderId: id })
  show(`order ${id} is ${confirmed.status}`)

  const orders = await bff('GET /m/v1/orders')
  await bff('GET /m/v1/orders/:id', { id })
  show(`${orders.items.length} orders so far, the newest ${orders.items[0]?.id}`)
  say(`${String(bytes).padStart(6)} B  in all`)
  return { orderId: id, bytes }
}

const money = (amount: number, currency: string): string =>
  new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(amount / 100)
