import { generateKeyPairSync } from 'node:crypto'
import { signedInAs } from '@bff/gateway-core/testing'
import { keyRing } from '@bff/gateway-core/token'
import { type Issuer, issuer } from '../issuer.ts'
import { type Shop, startShop } from '../shop.ts'
import { inTurn, type Whose } from './clients.ts'

/** The services, for BFFs in processes of their own. */
export interface Estate extends AsyncDisposable {
  /** What both BFFs are told of it. */
  readonly env: Readonly<Record<string, string>>
  /** People of this name with an order each. */
  people(name: string, many: number): Promise<Whose[]>
  /** Something happens to their order. */
  confirm(whose: Whose): Promise<void>
}

export async function openEstate(): Promise<Estate> {
  const stack = new AsyncDisposableStack()
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const shop = stack.use(await startShop({ keys: keyRing(privateKey) }))
  const identity = stack.use(await issuer())
  const urls = Object.entries(shop.services).map(([name, { url }]) => [`${name.toUpperCase()}_URL`, url])
  return {
    env: {
      ...Object.fromEntries(urls),
      IDENTITY_URL: identity.url,
      WEB_BFF_KEYS: privateKey,
      MOBILE_BFF_KEYS: privateKey,
      REQUESTS_PER_MINUTE: '100000',
    },
    people: (name, many) =>
      inTurn(
        Array.from({ length: many }, (_, i) => `${name}-${i}`),
        20,
        (user) => withOrder(shop, identity, user),
      ),
    confirm: async ({ user, order }) => void (await ask(shop, 'POST', `/orders/${order}/confirm`, user)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function withOrder(shop: Shop, identity: Issuer, user: string): Promise<Whose> {
  const { items } = (await (await fetch(`${shop.services.catalog.url}/products?limit=1`)).json()) as {
    items: { id: string }[]
  }
  await ask(shop, 'PUT', `/cart/items/${items[0]!.id}`, user, { quantity: 1 })
  const { id } = (await ask(shop, 'POST', '/orders', user)) as { id: string }
  return { user, order: id, token: identity.token(user) }
}

async function ask({ services, tokens }: Shop, method: string, path: string, user: string, body?: object) {
  const answer = await fetch(services.orders.url + path, {
    method,
    headers: {
      authorization: `Bearer ${tokens.mint('urn:orders', signedInAs(user))}`,
      'idempotency-key': crypto.randomUUID(),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`)
  return answer.json()
}
