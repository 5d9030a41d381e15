import { gzipSync } from 'node:zlib'
import { toBinary } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { Inventory } from '@bff/contracts/inventory'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { people, startShop } from './shop.ts'
import { WebBrowser } from './web-browser.ts'

interface Way {
  readonly requests: number
  readonly bodies: readonly Uint8Array[]
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)

async function bytes(answer: Response): Promise<Uint8Array> {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}

await using shop = await startShop()
const browser = new WebBrowser(shop.web)
await browser.signIn(people.ada)
const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
const headers = { authorization: `Bearer ${accessToken}` }

const { featured } = await browser.bff('GET /api/home')
for (const { id } of featured.slice(0, 3)) {
  await browser.bff('PUT /api/cart/items/:productId', { productId: id, body: { quantity: 2 } })
}
const { orderId } = await browser.bff('POST /api/orders', { headers: { 'idempotency-key': crypto.randomUUID() } })

/** What a client would have to do that knows the services, speaks gRPC, and is allowed to call them. */
async function direct(): Promise<Way> {
  const { orders, catalog, customers, inventory } = shop.services
  const order = await bytes(await fetch(`${orders.url}/orders/${orderId}`, { headers }))
  const { lines } = JSON.parse(Buffer.from(order).toString()) as { lines: { productId: string; sku: string }[] }
  const ids = lines.map(({ productId }) => `ids=${productId}`).join('&')
  const products = await bytes(await fetch(`${catalog.url}/products?${ids}`))
  const customer = await bytes(await fetch(`${customers.url}/customers/cus_ada`, { headers }))
  const sessionManager = new Http2SessionManager(inventory.url)
  const grpc = createClient(Inventory, createGrpcTransport({ baseUrl: inventory.url, sessionManager }))
  const stock = await grpc.getStock({ skus: lines.map(({ sku }) => sku) })
  sessionManager.abort()
  return { requests: 4, bodies: [order, products, customer, toBinary(Inventory.method.getStock.output, stock)] }
}

const web = { requests: 1, bodies: [await bytes(await browser.fetch(`/api/checkout/${orderId}`))] }
const mobile = {
  requests: 1,
  bodies: [await bytes(await fetch(`${shop.mobile}/m/v1/checkout/${orderId}`, { headers }))],
}
const ways: Readonly<Record<string, Way>> = {
  'the services, directly': await direct(),
  'web-bff': web,
  'mobile-bff': mobile,
}

console.log('| checkout of 3 products through | requests | bytes | gzipped |\n| --- | ---: | ---: | ---: |')
for (const [name, { requests, bodies }] of Object.entries(ways)) {
  const plain = sum(bodies.map(({ length }) => length))
  const zipped = sum(bodies.map((body) => gzipSync(body).length))
  console.log(`| ${name} | ${requests} | ${plain} | ${zipped} |`)
}
