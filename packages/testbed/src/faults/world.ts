import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Core, type Estate, gateway, type Policy, type Route } from '@bff/gateway-core'
import { signedInAs } from '@bff/gateway-core/testing'
import { logger } from '@bff/service-kit'
import { estate as mobileEstate } from '@bff/mobile-bff/gateway'
import { routes as mobileRoutes } from '@bff/mobile-bff/routes'
import { estate as webEstate } from '@bff/web-bff/gateway'
import { routes as webRoutes } from '@bff/web-bff/routes'
import { type Shop, startShop } from '../shop.ts'
import { grpcProxy } from './grpc-proxy.ts'
import { httpProxy, type Proxy } from './http-proxy.ts'
import { isGrpc } from './oracle.ts'
import { Scenarios } from './scenario.ts'

/** A BFF's definition: its routes and its policies. */
export interface Bff {
  readonly name: string
  readonly routes: readonly Route<Core>[]
  readonly estate: Estate
}

export const bffs: readonly Bff[] = [
  { name: 'web', routes: webRoutes, estate: webEstate },
  { name: 'mobile', routes: mobileRoutes, estate: mobileEstate },
]

/** An address where nothing listens. */
export const nobody = 'http://127.0.0.1:9'

export type Change = (policy: Policy) => Policy

/** The shop, a proxy in front of each of its services, and BFFs in front of those. The user is Ada. */
export interface World extends AsyncDisposable {
  readonly scenarios: Scenarios
  /** Creates an order and a cart; returns values for path parameters. */
  seed(): Promise<Readonly<Record<string, string>>>
  /** Starts a BFF on a free port with changed policies, using these addresses in place of the proxies. */
  open(bff: Bff, change: Change, addresses?: Readonly<Record<string, string>>): Promise<Proxy>
}

export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const shop = stack.use(await startShop())
  const scenarios = new Scenarios()
  const proxies = await startProxies(stack, shop, scenarios)
  const ada = signedInAs('cus_ada')
  const { tokens } = shop
  const open: World['open'] = ({ estate, routes }, change, addresses = {}) => {
    const { contract, sources, policies, budget } = estate
    const changed = Object.entries(policies).map(([name, policy]) => [name, change(policy)] as const)
    const { app } = gateway(contract, sources, Object.fromEntries(changed), { budget })
    const running = {
      upstreams: { ...proxies, ...addresses },
      tokens,
      authenticate: () => Promise.resolve(ada),
      log: logger('faults', 'silent'),
    }
    return listen(app(routes.map(overheard(scenarios)), running))
  }
  const running = stack.move()
  return {
    scenarios,
    seed: () => seed(shop.services.orders.url, shop.services.catalog.url, tokens.mint('urn:orders', ada)),
    open,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Starts one in front of each service that a BFF calls. */
async function startProxies(stack: AsyncDisposableStack, { services }: Shop, scenarios: Scenarios) {
  const proxies: Record<string, string> = {}
  for (const [name, source] of Object.entries(webEstate.sources)) {
    const { url } = services[name as keyof typeof services]
    const proxy = isGrpc(source) ? grpcProxy(name, url, scenarios) : httpProxy(name, source, url, scenarios)
    proxies[name] = stack.use(await proxy).url
  }
  return proxies
}

/** Records what guards grant, because the parts of a screen receive it. */
const overheard =
  (scenarios: Scenarios) =>
  (route: Route<Core>): Route<Core> => ({
    ...route,
    guard: async (exchange) => {
      const granted = await route.guard(exchange)
      const scenario = scenarios.named(exchange.traceId)
      if (scenario !== undefined) scenario.granted = granted
      return granted
    },
  })

async function listen(app: { readonly handler: Parameters<typeof createServer>[1] } & AsyncDisposable): Promise<Proxy> {
  // Not `serve`, whose per-client limits would apply: here all requests come from one client.
  const server = createServer(app.handler)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await app[Symbol.asyncDispose]()
    },
  }
}

/** An order of two products, and the same two in the cart. */
async function seed(orders: string, catalog: string, token: string): Promise<Readonly<Record<string, string>>> {
  const ask = async <T>(url: string, init: { method?: string; body?: string } = {}): Promise<T> => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    }
    const answer = await fetch(url, { ...init, headers })
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
    return (await answer.json()) as T
  }
  const { items } = await ask<{ items: { id: string }[] }>(`${catalog}/products?featured=true&limit=2`)
  const [productId, other] = items.map(({ id }) => id) as [string, string]
  const fill = async () => {
    for (const id of [productId, other])
      await ask(`${orders}/cart/items/${id}`, { method: 'PUT', body: JSON.stringify({ quantity: 2 }) })
  }
  await fill()
  const { id: orderId } = await ask<{ id: string }>(`${orders}/orders`, { method: 'POST' })
  await fill()
  return { orderId, productId, 'orders/:id': orderId, 'products/:id': productId }
}
