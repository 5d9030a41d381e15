import { type DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt'
import { type Key, parseKey } from '../contract.ts'
import { complete, type FullPolicy } from '../policy.ts'
import { isGrpc } from '../sources.ts'
import { mostAttempts } from './attempts.ts'
import type { Estate } from './estate.ts'
import { type Sharing, sharingOf } from './sharing.ts'
import { forwardedOf, type Leaving, leavingOf, usual } from './travel.ts'

/** How the upstream's policy treats a call. */
export interface Treatment extends Sharing {
  readonly protocol: 'http' | 'grpc' | 'websocket'
  /** No side effects: a GET or HEAD, or such a remote method; one that does not declare it is judged by its name. */
  readonly safe: boolean
  /** Milliseconds, including retries. */
  readonly timeout: number
  /** Attempts the policy allows. */
  readonly attempts: number
  readonly hedged: boolean
  /** Most requests at the service for this call, including retries and hedges within their budget. */
  readonly most: number
  readonly token: FullPolicy['token']
  /** Headers or metadata that travel. For a forward, those it passes on of what clients usually send. */
  readonly travels: readonly string[]
  /** For a forward: what clients usually send and does not travel. */
  readonly kept: readonly string[]
  /** How stale an answer may be, in milliseconds. 0: never. */
  readonly staleFor: number
  /** For a feed: lifetime of one connection in milliseconds, after which its service authorizes it again. */
  readonly renewed?: number
}

/** For a screen's call with this input. */
export async function treatmentOf(estate: Estate, upstream: string, key: string, input: unknown): Promise<Treatment> {
  const source = estate.sources[upstream]!
  const policy = complete(estate.policies[upstream] ?? {})
  const leaving = await leavingOf(upstream, source, policy, key, input)
  if (isGrpc(source)) return remote(policy, source.method[key], leaving)
  const { method } = parseKey(key)
  if (source[key as Key]?.feed !== undefined) return followed(policy)
  return { ...(await treated(policy, method, leaving)), travels: leaving?.headers ?? [], kept: [] }
}

/** For what a forward passes on. */
export async function forwardTreatment(estate: Estate, upstream: string, method: string): Promise<Treatment> {
  const policy = complete(estate.policies[upstream] ?? {})
  const leaving = await forwardedOf(upstream, policy, method)
  // Our token replaces the client's under the same name.
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

/** One connection for all users the service cannot tell apart, re-established when it breaks: see `hub`. */
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

/** gRPC has its own header for the remaining time. */
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
