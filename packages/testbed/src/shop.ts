import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start as startCatalog } from '@bff/catalog'
import { start as startCustomers } from '@bff/customers'
import { type InternalTokens, internalTokens, type KeyRing, newKeyRing } from '@bff/gateway-core/token'
import { start as startIdentity } from '@bff/identity'
import { start as startInventory } from '@bff/inventory'
import { openStore } from '@bff/gateway-core/state'
import { start as startMobileBff } from '@bff/mobile-bff'
import { start as startOrders } from '@bff/orders'
import { start as startReviews } from '@bff/reviews'
import { bffIssuers, type Logger, logger, type Running, verifier } from '@bff/service-kit'
import { start as startTracking } from '@bff/tracking'
import { start as startWebBff } from '@bff/web-bff'
import { freePort } from '@bff/gateway-core/testing'

/** The demo users. */
export const people = {
  ada: { login: 'ada@shop.example', password: 'lovelace-1815' },
  grace: { login: 'grace@shop.example', password: 'hopper-1906' },
  alan: { login: 'alan@shop.example', password: 'turing-1912' },
} as const

export interface ShopOptions {
  /** Folder of the built web client, served by web-bff. Default: none. */
  readonly webRoot?: string
  /** Milliseconds between the steps of a confirmed order. Default 0: orders stay confirmed. */
  readonly stepMs?: number
  /** How mobile-bff treats tokens bound to a key. Default `off`. */
  readonly dpop?: 'off' | 'optional' | 'required-on-writes'
  /** Log of all programs together. Default: none, or at the level `TESTBED_LOG`. */
  readonly log?: Logger
  /** A Redis shared by the processes of each BFF. Default: none. */
  readonly redisUrl?: string
  /** Requests per user and BFF. Default 1 200, as in the BFFs. */
  readonly requestsPerMinute?: number
  /** Signing keys of both BFFs. Default: each generates one for this run. */
  readonly keys?: KeyRing
}

/** Addresses of the BFFs. */
export interface Bffs {
  readonly web: string
  readonly mobile: string
}

const names = ['catalog', 'customers', 'orders', 'inventory', 'tracking', 'reviews', 'identity'] as const

export interface Shop extends Bffs, AsyncDisposable {
  /** Each with its `url`, fault switch and dispose: dispose one to see the rest go on without it. */
  readonly services: Readonly<Record<(typeof names)[number], Running>>
  readonly issuer: string
  /** Starts another instance of each BFF, as isolated as a separate process; to a browser both have the first one's address. */
  more(given?: { readonly requestsPerMinute?: number }): Promise<Bffs>
  /** Stops it, runs `meanwhile`, and starts it again at its address. Sessions survive only in a Redis. */
  restart(name: 'tracking' | 'web' | 'mobile', meanwhile?: () => Promise<unknown>): Promise<void>
  /** Issues mobile-bff's tokens for services. */
  readonly tokens: InternalTokens
}

const hostname = '127.0.0.1'
const serviceSecret = 'testbed-only-service-secret-00000000'
const webSecret = 'testbed-only-web-client-secret-00000'
const sessionKeys = ['testbed-only-web-session-key-0000000']
const dpopKey = 'testbed-only-mobile-dpop-key-0000000'
const cookieSecret = 'testbed-only-identity-cookie-secret-0'

/** Runs every service and both BFFs in this process, on free ports, with a temporary database. */
export async function startShop(options: ShopOptions = {}): Promise<Shop> {
  const { webRoot = '', stepMs = 0, redisUrl = '', dpop = 'off', requestsPerMinute = 1_200 } = options
  const stack = new AsyncDisposableStack()
  try {
    const { log = logger('shop', process.env['TESTBED_LOG'] ?? 'silent') } = options
    // identity needs the BFF's redirect URL, and services need the URLs of the BFFs' keys, before the BFFs exist.
    const ports = [await freePort(), await freePort()] as const
    const [web, mobile] = ports.map((port) => `http://localhost:${port}`) as [string, string]
    const issuers = bffIssuers({ WEB_BFF_URL: web, MOBILE_BFF_URL: mobile })
    const { services, startTracking } = await startServices({ stack, log, web, issuers, stepMs })
    const issuer = `http://localhost:${services.identity.port}`
    const keys = { web: options.keys ?? newKeyRing(), mobile: options.keys ?? newKeyRing() }
    const running = stack.use(new AsyncDisposableStack())
    const common = { hostname, log, upstreams: upstreamsOf(services), issuer, requestsPerMinute }
    const { start, startWeb, startMobile } = starter({ running, common, keys, web, mobile, webRoot, redisUrl, dpop })
    const first = await start(ports)
    const again = {
      tracking: renewed(services.tracking, startTracking),
      web: renewed(first[0], startWeb),
      mobile: renewed(first[1], startMobile),
    }
    stack.defer(() => Promise.all(Object.values(again).map((one) => one.stop())).then(() => undefined))
    const all = stack.move()
    return {
      services,
      web,
      mobile,
      issuer,
      tokens: internalTokens({ name: 'mobile-bff', keys: keys.mobile, log }),
      more: async (given) => {
        const [{ url: web }, { url: mobile }] = await start([0, 0], given)
        return { web, mobile }
      },
      restart: (name, meanwhile) => again[name].restart(meanwhile),
      [Symbol.asyncDispose]: () => all.disposeAsync(),
    }
  } finally {
    await stack.disposeAsync()
  }
}

interface Starting extends Bffs {
  readonly running: AsyncDisposableStack
  readonly common: {
    readonly hostname: string
    readonly log: Logger
    readonly upstreams: ReturnType<typeof upstreamsOf>
    readonly issuer: string
    readonly requestsPerMinute: number
  }
  readonly keys: Readonly<Record<keyof Bffs, KeyRing>>
  readonly webRoot: string
  readonly redisUrl: string
  readonly dpop: NonNullable<ShopOptions['dpop']>
}

/** Starts an instance of each BFF, as isolated as a separate process. */
function starter({ running, common, keys, web, mobile, webRoot, redisUrl, dpop }: Starting) {
  const storeOf = (name: string) => openStore({ url: redisUrl, prefix: `${name}:`, log: common.log })
  const forWeb = { clientSecret: webSecret, sessionKeys, keys: keys.web, publicUrl: web, webRoot }
  const forApps = { keys: keys.mobile, publicUrl: mobile, dpop: { mode: dpop, secrets: [dpopKey] } }
  const startWeb = async (port: number, given: object = {}) =>
    startWebBff({ ...common, ...given, ...forWeb, port, store: await storeOf('web-bff') })
  const startMobile = async (port: number, given: object = {}) =>
    startMobileBff({ ...common, ...given, ...forApps, port, store: await storeOf('mobile-bff') })
  const start = async (ports: readonly [web: number, mobile: number], given: object = {}) =>
    [running.use(await startWeb(ports[0], given)), running.use(await startMobile(ports[1], given))] as const
  return { start, startWeb, startMobile }
}

type Stoppable = Pick<Running, 'port'> & AsyncDisposable

/** Something that can be restarted at its address; the first instance may also be stopped by its owner. */
function renewed(first: Stoppable, start: (port: number) => Promise<Stoppable>) {
  let now = first
  return {
    stop: () => now[Symbol.asyncDispose](),
    async restart(meanwhile: () => Promise<unknown> = () => Promise.resolve()) {
      await now[Symbol.asyncDispose]()
      try {
        await meanwhile()
      } finally {
        now = await start(first.port)
      }
    },
  }
}

const upstreamsOf = ({ catalog, customers, orders, inventory, reviews, tracking }: Shop['services']) => ({
  catalog: catalog.url,
  customers: customers.url,
  orders: orders.url,
  inventory: inventory.url,
  reviews: reviews.url,
  tracking: tracking.url,
})

interface Wanted {
  readonly stack: AsyncDisposableStack
  readonly log: Logger
  readonly web: string
  readonly issuers: Readonly<Record<string, string>>
  readonly stepMs: number
}

async function startServices({ stack, log, web, issuers, stepMs }: Wanted) {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const common = { port: 0, hostname, log, faults: true }
  const identity = stack.use(await startIdentity({ ...common, webOrigins: [web], webSecret, cookieSecret }))
  const verifyFor = (name: string) => verifier({ issuers, audience: `urn:${name}`, serviceSecret })
  const catalog = stack.use(await startCatalog(common))
  const customers = stack.use(await startCustomers({ ...common, verify: verifyFor('customers') }))
  const inventory = stack.use(await startInventory({ ...common, verify: verifyFor('inventory') }))
  const reviews = stack.use(await startReviews(common))
  const file = join(folder, 'orders.db')
  const shop = { catalogUrl: catalog.url, inventoryUrl: inventory.url, serviceSecret }
  const orders = stack.use(await startOrders({ ...common, ...shop, file, verify: verifyFor('orders'), stepMs }))
  const ofTracking = { verify: verifyFor('tracking'), ordersUrl: orders.url, serviceSecret, pollMs: 50 }
  const startOn = (port: number) => startTracking({ ...common, ...ofTracking, port })
  const tracking = stack.use(await startOn(0))
  const services = { catalog, customers, orders, inventory, tracking, reviews, identity }
  return { services, startTracking: startOn }
}
