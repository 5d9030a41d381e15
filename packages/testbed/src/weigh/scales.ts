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

/** A screen and its input. */
export interface Case {
  readonly bff: string
  readonly key: Key
  /** Label of the input, such as `50 lines`; may be empty. */
  readonly of: string
  readonly budget: Budget | undefined
  readonly input: Input
}

export interface Weight extends Case {
  readonly status: number
  readonly answer: Size
  /** Calls to the services with all caches empty. */
  readonly cold: Asked
  /** Calls to the services right after that. */
  readonly warm: Asked
}

/** Bytes. */
export interface Size {
  readonly bytes: number
  readonly gzip: number
}

/** Traffic between a BFF and the services: sizes of the services' responses, each body on its own. */
export interface Asked extends Size {
  /** `catalog GET /products`, in response order. */
  readonly calls: readonly string[]
  /** Bodies and heads: see `Counted`. */
  readonly withHeads: number
}

/** The shop with Ada's data, behind every screen of both BFFs. */
export interface Scales extends AsyncDisposable {
  readonly cases: readonly Case[]
  /** Call one at a time. */
  weigh(one: Case): Promise<Weight>
  /** One at a time, `runs` in sequence, on an otherwise idle machine. */
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

/** Throws if no inputs are listed for a screen. */
const casesOf = (seeded: Seeded): Case[] =>
  bffs.flatMap((bff) =>
    screensOf(bff).flatMap(({ key, budget }) =>
      Object.entries(inputsOf(bff.name, key, seeded)).map(([of, input]) => ({ bff: bff.name, key, of, budget, input })),
    ),
  )

/** Starts one in front of each service that a BFF calls. */
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
