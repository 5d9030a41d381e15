import type { FullPolicy } from '../policy.ts'
import type { Call, Filter, Service } from '../road/call.ts'
import { cache } from '../road/filters/cache.ts'
import { coalesce } from '../road/filters/coalesce.ts'
import { sampleExchange, somebody } from './exchange.ts'
import { nowhere, reply } from './travel.ts'

/** What must be equal for two requests to share a response. */
export type Ingredient = 'url' | 'headers' | 'user' | 'session'

export interface Sharing {
  /** Concurrent requests. Absent: never shared. */
  readonly coalesced?: readonly Ingredient[]
  /** Successive requests, if the response may be cached. Absent: never. */
  readonly cached?: readonly Ingredient[]
}

/** Determined by running the road's own filters on pairs of calls that differ in one thing each. */
export async function sharingOf(policy: FullPolicy, call: Call): Promise<Sharing> {
  const { token, maxBytes, timeout } = policy
  const kept = policy.cache
  const coalesced = policy.coalesce ? await ingredients(() => coalesce(token, maxBytes), together, call) : undefined
  const cached = kept
    ? await ingredients(() => cache({ ...kept, token, timeout, address: nowhere }), inTurn, call)
    : undefined
  return { ...(coalesced && { coalesced }), ...(cached && { cached }) }
}

type Both = (filter: Filter, first: Call, second: Call) => Promise<number>

async function ingredients(make: () => Filter, both: Both, call: Call): Promise<Ingredient[] | undefined> {
  const plain = { ...call, exchange: by('sample-user', 'sample-session'), until: performance.now() + 10_000 }
  if ((await both(make(), plain, plain)) !== 1) return undefined
  const others: Readonly<Record<Ingredient, Call>> = {
    url: { ...plain, url: `${call.url}${call.url.includes('?') ? '&' : '?'}another=1` },
    headers: { ...plain, headers: { ...call.headers, 'x-sample': 'another' } },
    user: { ...plain, exchange: by('another-user', 'sample-session') },
    session: { ...plain, exchange: by('sample-user', 'another-session') },
  }
  const found: Ingredient[] = []
  for (const [name, other] of Object.entries(others) as [Ingredient, Call][])
    if ((await both(make(), plain, other)) > 1) found.push(name)
  return found
}

const by = (id: string, sessionId: string) =>
  sampleExchange({ identity: { ...somebody(), user: { ...somebody().user, id }, sessionId } })

/** How many calls go out when two arrive together. */
async function together(filter: Filter, first: Call, second: Call): Promise<number> {
  const { count, next } = counting()
  await Promise.all([filter(first, next), filter(second, next)].map(read))
  return count()
}

async function inTurn(filter: Filter, first: Call, second: Call): Promise<number> {
  const { count, next } = counting()
  await read(filter(first, next))
  await read(filter(second, next))
  return count()
}

function counting(): { count: () => number; next: Service } {
  let asked = 0
  const next: Service = async () => {
    asked++
    await new Promise((resolve) => setImmediate(resolve))
    return reply(200, { 'cache-control': 'max-age=60', 'content-length': '2' })
  }
  return { count: () => asked, next }
}

const read = async (answer: ReturnType<Service>): Promise<unknown> => (await answer).body.bytes(1_024, 'sample')
