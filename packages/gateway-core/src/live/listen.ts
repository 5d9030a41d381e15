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

export interface Listening {
  /** Whose token is shown. */
  readonly exchange: Exchange
  /** Ends it. */
  readonly scope: Scope
  readonly after: number
}

/** One connection to a feed: resolves with the code it was closed with, rejects with a `Problem` that is an answer, or a `Fault`. */
export type Listen = (listening: Listening, said: (said: Said, bytes: number) => void) => Promise<number>

/** How to listen to one thing of a service: `input` says which. */
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
    // Not waited for here: that would keep the token, and all else that was asked with, for as long as the connection.
    return hear({ upstream, endpoint: road.endpointOf(next()), policy, url, headers, scope, heard }).then(answered)
  }
}

/** Throws what the service answered by it. */
function codeOf(upstream: string, { feed, errors = {} }: Operation & { readonly feed: Feed }, code: number): number {
  const answer = feed.closes?.[code]
  const status = answer === undefined ? undefined : errors[answer]
  if (status !== undefined) throw problem(status, answer!, { source: upstream, own: true })
  return code
}

/** One drawn at random and, where there are others, not the one that was taken before: that one has just failed. */
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

/** What was not said as the contract has it may be what somebody waits for: it is a fault, never passed over. */
const reader =
  (upstream: string, { message, read }: Feed) =>
  (text: string): Said => {
    const result = validate(message, JSON.parse(text))
    if (result instanceof Promise) throw new TypeError('the schema of a message must not take its time')
    if ('faults' in result) throw new Fault('malformed', upstream, new Error(JSON.stringify(result.faults)))
    return read(result.value as never)
  }
