import type { DescService } from '@bufbuild/protobuf'
import type { Contract } from '../contract.ts'
import type { Credential } from '../credential.ts'
import type { FullPolicy } from '../policy.ts'
import type { Asking } from '../road/asking.ts'
import { Body } from '../road/body.ts'
import { type Call, type Filter, pipe, type Reply, type Service } from '../road/call.ts'
import { client } from '../road/client.ts'
import { endpointOf } from '../road/discover/address.ts'
import { cache } from '../road/filters/cache.ts'
import { onward } from '../road/filters/onward.ts'
import { grpcClient } from '../road/grpc/client.ts'
import { fromClient } from '../road/headers.ts'
import { isGrpc } from '../sources.ts'
import { sampleExchange, somebody } from './exchange.ts'

/** A call as the road receives it, and the names of the headers sent with it. */
export interface Leaving {
  readonly call: Call
  readonly headers: readonly string[]
}

/** Target of probe calls. */
export const nowhere = 'http://upstream.invalid'

/** Response to a probe call. */
export const reply = (status = 200, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers,
  body: Body.of(Buffer.from('{}')),
})

/** Stands in for the policy's token. */
const sampleCredential = (token: FullPolicy['token']): Credential | undefined =>
  token === 'none' ? undefined : () => 'sample'

/** A road's header-changing filters, and their result. */
function headerFilters(policy: FullPolicy): { send: Service; result: () => Leaving | undefined } {
  const { token, timeout, cache: kept } = policy
  let recorded: Call | undefined
  let headers: readonly string[] = []
  const record: Filter = (call, next) => {
    recorded = call
    return next(call)
  }
  const keep = kept ? [cache({ ...kept, token, timeout, address: nowhere })] : []
  const send = pipe([record, ...keep, onward(sampleCredential(token))], (call) => {
    headers = Object.keys(call.headers)
    return Promise.resolve(reply())
  })
  return { send, result: () => recorded && { call: recorded, headers } }
}

/**
 * Makes a screen's call on these filters and records what would be sent. Undefined if it cannot be made with this
 * input.
 */
export async function leavingOf(
  upstream: string,
  source: Contract | DescService,
  policy: FullPolicy,
  key: string,
  input: unknown,
): Promise<Leaving | undefined> {
  const { send, result } = headerFilters(policy)
  const road = {
    policy,
    addresses: [],
    endpointOf,
    send,
    upgrade: send,
    credential: undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const exchange = sampleExchange({ identity: somebody(), headers: allowedHeaders(policy) })
  const asking: Asking = {
    exchange,
    scope: exchange.scope,
    until: exchange.deadline,
    heard: [],
    gathering: new Map(),
  }
  const made = async () => {
    if (!isGrpc(source)) return client(upstream, source, road)(asking, key, input as Record<string, unknown>)
    const { answers, call } = grpcClient(upstream, source, road)[key]!
    return answers === 'once' ? call(asking, input) : call(asking, input).next()
  }
  // The probe's response need not match the contract: only the request matters.
  await made().catch(() => undefined)
  return result()
}

/** A client that sends every header allowed to travel. */
const allowedHeaders = ({ headers }: FullPolicy) => Object.fromEntries(headers.map((name) => [name, 'sample']))

/** What a forward sends on for a request with every `usual` header. */
export async function forwardedOf(upstream: string, policy: FullPolicy, method: string): Promise<Leaving> {
  const { send, result } = headerFilters(policy)
  const exchange = sampleExchange({ identity: somebody(), method })
  const { scope, deadline: until } = exchange
  const headers = fromClient(usual.flatMap((name) => [name, 'sample']))
  await send({ upstream, method, url: '/', headers, body: null, streamed: true, until, scope, exchange })
  return result()!
}

/**
 * Headers of a browser or an app, and some that must not travel. Without conditions and ranges, which bypass a cache.
 */
export const usual = [
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'cookie',
  'content-type',
  'forwarded',
  'host',
  'idempotency-key',
  'origin',
  'referer',
  'user-agent',
  'x-app-version',
  'x-forwarded-host',
  'x-user-id',
]
