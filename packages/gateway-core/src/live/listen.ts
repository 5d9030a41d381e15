import { type Feed, fill, type Operation, type Said } from '../contract.ts'
import type { Exchange } from '../exchange.ts'
import { problem } from '../problem.ts'
import type { Address } from '../road/discover/address.ts'
import { Fault } from '../road/fault.ts'
import { authorized } from '../road/filters/onward.ts'
import { ours } from '../road/headers.ts'
import type { Road } from '../road/road.ts'
import { hear } from '../road/socket.ts'
import type { Scope } from '../scope.ts'
import { validate } from '../validate.ts'

export interface FeedRequest {
  /** Whose token is sent. */
  readonly exchange: Exchange
  /** Ends the connection. */
  readonly scope: Scope
  readonly after: number
}

/** One connection to a feed: resolves with its close code, rejects with a `Problem` that is an answer, or a `Fault`. */
export type Listen = (request: FeedRequest, said: (said: Said, bytes: number) => void) => Promise<number>

/** Builds a `Listen` for one topic of a service, selected by `input`. */
export function listenTo(
  upstream: string,
  road: Road,
  key: string,
  operation: Operation & { readonly feed: Feed },
  input: Readonly<Record<string, unknown>>,
): Listen {
  const { feed } = operation
  const next = addresses(upstream, road)
  const read = reader(upstream, feed)
  const answered = (code: number) => codeOf(upstream, operation, code)
  return async ({ exchange, scope, after }, said) => {
    const { url } = fill(key, { ...input, [feed.after]: after })
    const { traceparent } = ours(exchange)
    const token = await authorized(road.credential, exchange, upstream, scope)
    const { policy } = road
    const headers = { traceparent: traceparent!, ...token }
    const heard = (text: string) => said(read(text), text.length)
    // Not awaited: that would retain the token, and everything else used to connect, as long as the connection.
    return hear({ upstream, endpoint: road.endpointOf(next()), policy, url, headers, scope, heard }).then(answered)
  }
}

/** Throws the problem that a close code stands for. */
function codeOf(upstream: string, { feed, errors = {} }: Operation & { readonly feed: Feed }, code: number): number {
  const answer = feed.closes?.[code]
  const status = answer === undefined ? undefined : errors[answer]
  if (status !== undefined) throw problem(status, answer!, { source: upstream, own: true })
  return code
}

/** Picks an address at random, avoiding the previous one if possible: it has just failed. */
function addresses(upstream: string, road: Road): () => Address {
  let before: string | undefined
  return () => {
    const main = road.addresses.filter(({ arm }) => arm === 'main')
    const others = main.length > 1 ? main.filter(({ url }) => url !== before) : main
    const address = others[Math.floor(Math.random() * others.length)]
    if (address === undefined) throw new Fault('refused', upstream, new Error('no address is known'))
    before = address.url
    return address
  }
}

/** A message that breaks the contract may be one somebody waits for: it is a fault, never skipped. */
const reader =
  (upstream: string, { message, read }: Feed) =>
  (text: string): Said => {
    const result = validate(message, JSON.parse(text))
    if (result instanceof Promise) throw new TypeError('the schema of a message must be synchronous')
    if ('faults' in result) throw new Fault('malformed', upstream, new Error(JSON.stringify(result.faults)))
    return read(result.value as never)
  }
