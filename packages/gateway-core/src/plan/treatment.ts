import { type DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt'
import { type Key, parseKey } from '../contract.ts'
import { complete, type FullPolicy } from '../policy.ts'
import { isGrpc } from '../sources.ts'
import { mostAttempts } from './attempts.ts'
import type { Estate } from './estate.ts'
import { type Sharing, sharingOf } from './sharing.ts'
import { forwardedOf, type Leaving, leavingOf, usual } from './travel.ts'

/** What the policy of its upstream makes of a call. */
export interface Treatment extends Sharing {
  readonly protocol: 'http' | 'grpc' | 'websocket'
  /** It changes nothing: a GET or HEAD, a remote method without side effects. Of a method that does not say, its name does. */
  readonly safe: boolean
  /** Milliseconds, retries included. */
  readonly timeout: number
  /** Tries that the policy allows. */
  readonly attempts: number
  readonly hedged: boolean
  /** How often the service can be asked because of this call: retries and hedges, out of their budget. */
  readonly most: number
  readonly token: FullPolicy['token']
  /** Names of the headers or metadata that travel. Of a forward, those that it passes on of what clients usually send. */
  readonly travels: readonly string[]
  /** Of a forward: what clients usually send and does not travel. */
  readonly kept: readonly string[]
  /** How long after its time an answer may still be given, in milliseconds. 0: never. */
  readonly staleFor: number
  /** Of a feed: how long one connection to it lives, in milliseconds, before its service is asked anew whether it may. */
  readonly renewed?: number
}

/** Of a screen's call with this input. */
export async function treatmentOf(estate: Estate, upstream: string, key: string, input: unknown): Promise<Treatment> {
  const source = estate.sources[upstream]!
  const policy = complete(estate.policies[upstream] ?? {})
  const leaving = await leavingOf(upstream, source, policy, key, input)
  if (isGrpc(source)) return remote(policy, source.method[key], leaving)
  const { method } = parseKey(key)
  if (source[key as Key]?.feed !== undefined) return followed(policy)
  return { ...(await treated(policy, method, leaving)), travels: leaving?.headers ?? [], kept: [] }
}

/** Of what a forward passes on. */
export async function forwardTreatment(estate: Estate, upstream: string, method: string): Promise<Treatment> {
  const policy = complete(estate.policies[upstream] ?? {})
  const leaving = await forwardedOf(upstream, policy, method)
  // A token of ours travels under the name of the client's.
  const kept = usual.filter((name) => name === 'authorization' || !leaving.headers.includes(name))
  return { ...(await treated(policy, method, leaving)), travels: leaving.headers, kept }
}

async function treated(policy: FullPolicy, method: string, leaving: Leaving | undefined) {
  const { timeout, attempts, token, cache } = policy
  const safe = method === 'GET' || method === 'HEAD'
  const most = leaving === undefined ? attempts : await mostAttempts(policy, leaving.call)
  return {
    protocol: 'http' as const,
    safe,
    timeout,
    attempts,
    hedged: policy.hedge !== false && safe,
    most,
    token,
    staleFor: cache !== false && safe ? Math.max(cache.staleIfError, cache.staleWhileRevalidate) : 0,
    ...(leaving && safe && (await sharingOf(policy, leaving.call))),
  }
}

/** One connection for all whom the service cannot tell apart, made anew whenever it breaks: see `hub`. */
const followed = ({ timeout, token, streamTimeout }: FullPolicy): Treatment => ({
  protocol: 'websocket',
  safe: true,
  timeout,
  attempts: 1,
  hedged: false,
  most: 1,
  token,
  travels: ['traceparent', ...(token === 'none' ? [] : ['authorization'])],
  kept: [],
  staleFor: 0,
  coalesced: token === 'user' ? ['url', 'user', 'session'] : ['url'],
  renewed: streamTimeout,
})

/** gRPC has a name of its own for the time that is left. */
async function remote(policy: FullPolicy, method: DescMethod | undefined, leaving: Leaving | undefined) {
  const travels = (leaving?.headers ?? []).map((name) => (name === 'x-deadline-ms' ? 'grpc-timeout' : name))
  const made = await treated(policy, leaving?.call.method ?? 'POST', leaving)
  return { ...made, protocol: 'grpc' as const, safe: made.safe || isSafe(method), travels, kept: [] }
}

function isSafe(method: DescMethod | undefined): boolean {
  if (method === undefined) return false
  if (method.idempotency !== Level.IDEMPOTENCY_UNKNOWN) return method.idempotency === Level.NO_SIDE_EFFECTS
  return /^(?:get|list|batchGet|find|search|read|count|check|watch)(?![a-z])/.test(method.localName)
}
