import { gzipSync } from 'node:zlib'
import type { Budget } from '@bff/gateway-core'
import type { Key } from '@bff/gateway-core/contract'
import { signedInAs } from '@bff/gateway-core/testing'
import { isGrpc } from '../faults/oracle.ts'
import { screensOf } from '../faults/recorded.ts'
import { type Bff, bffs } from '../faults/world.ts'
import { type Shop, startShop } from '../shop.ts'
import { ask } from './ask.ts'
import { type Counted, grpcCounter, httpCounter } from './counter.ts'
import { type Input, inputsOf } from './inputs.ts'
import { asWritten, open, patient, withoutCache } from './open.ts'
import { seed, type Seeded } from './seed.ts'
import { type Quantiles, quantiles, type Times } from './times.ts'

/** A screen, and what it is asked with. */
export interface Case {
  readonly bff: string
  readonly key: Key
  /** Of what: `50 lines`, or nothing. */
  readonly of: string
  readonly budget: Budget | undefined
  readonly input: Input
}

export interface Weight extends Case {
  readonly status: number
  readonly answer: Size
  /** Of the services, with nothing in any cache. */
  readonly cold: Asked
  /** Of the services, right after that. */
  readonly warm: Asked
}

/** Bytes. */
export interface Size {
  readonly bytes: number
  readonly gzip: number
}

/** What went over the wire between a BFF and the services. Sizes are of what the services answered, each body for itself. */
export interface Asked extends Size {
  /** `catalog GET /products`, in the order in which they were answered. */
  readonly calls: readonly string[]
  /** Bodies and heads: see `Counted`. */
  readonly withHeads: number
}

/** The shop with what ada has in it, and every screen of both BFFs before it. */
export interface Scales extends AsyncDisposable {
  readonly cases: readonly Case[]
  /** One at a time. */
  weigh(one: Case): Promise<Weight>
  /** One at a time, so many runs after each other, on a machine that does nothing else. */
  time(one: Case, runs: number): Promise<Times>
}

export async function startScales(): Promise<Scales> {
  await using stack = new AsyncDisposableStack()
  const shop = stack.use(await startShop())
  const { tokens } = shop
  const services = Object.fromEntries(Object.entries(shop.services).map(([name, { url }]) => [name, url]))
  const counted: Counted[] = []
  const counters = await startCounters(stack, shop, (one) => counted.push(one))
  const { catalog, orders, reviews } = shop.services
  const addresses = { catalog: catalog.url, orders: orders.url, reviews: reviews.url }
  const seeded = await seed(addresses, tokens.mint('urn:orders', signedInAs('cus_ada')))
  const timed = await openAll((bff) => open(bff, services, tokens, withoutCache), stack)
  const timedWarm = await openAll((bff) => open(bff, services, tokens, asWritten), stack)
  const cases = casesOf(seeded)
  const running = stack.move()
  return {
    cases,
    async weigh(one) {
      const bff = bffs.find(({ name }) => name === one.bff)!
      await using fresh = await open(bff, counters, tokens, patient)
      counted.length = 0
      const { status, body } = await ask(fresh.url, one)
      const cold = sum(counted.splice(0))
      await ask(fresh.url, one)
      return { ...one, status, answer: sizeOf([body]), cold, warm: sum(counted.splice(0)) }
    },
    async time(one, runs) {
      const run = (url: string): Promise<Quantiles> => quantiles(() => ask(url, one), runs)
      return { cold: await run(timed.get(one.bff)!), warm: await run(timedWarm.get(one.bff)!) }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Throws when nobody has said what a screen is asked with. */
const casesOf = (seeded: Seeded): Case[] =>
  bffs.flatMap((bff) =>
    screensOf(bff).flatMap(({ key, budget }) =>
      Object.entries(inputsOf(bff.name, key, seeded)).map(([of, input]) => ({ bff: bff.name, key, of, budget, input })),
    ),
  )

/** One before each service that a BFF asks. */
async function startCounters(stack: AsyncDisposableStack, { services }: Shop, count: (one: Counted) => void) {
  const urls: Record<string, string> = {}
  for (const [name, source] of Object.entries(bffs[0]!.estate.sources)) {
    const { url } = services[name as keyof typeof services]
    const counter = isGrpc(source) ? grpcCounter(name, url, count) : httpCounter(name, source, url, count)
    urls[name] = stack.use(await counter).url
  }
  return urls
}

async function openAll(start: (bff: Bff) => ReturnType<typeof open>, stack: AsyncDisposableStack) {
  const urls = new Map<string, string>()
  for (const bff of bffs) urls.set(bff.name, stack.use(await start(bff)).url)
  return urls
}

const sizeOf = (bodies: readonly Buffer[]): Size => ({
  bytes: bodies.reduce((total, { length }) => total + length, 0),
  gzip: bodies.reduce((total, body) => total + gzipSync(body).length, 0),
})

const sum = (counted: readonly Counted[]): Asked => {
  const size = sizeOf(counted.map(({ body }) => body))
  return {
    ...size,
    calls: counted.map(({ upstream, operation }) => `${upstream} ${operation}`),
    withHeads: counted.reduce((total, { headBytes }) => total + headBytes, size.bytes),
  }
}
