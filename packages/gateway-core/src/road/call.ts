import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Exchange } from '../exchange.ts'
import type { Scope } from '../scope.ts'
import type { Body } from './body.ts'

export type Headers = Readonly<Record<string, string | readonly string[]>>

/** One request to an upstream. Headers are already clean: see `headers.ts`. */
export interface Call {
  readonly upstream: string
  readonly method: string
  /** Path and query below the upstream's address. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Headers
  /** A stream can be sent only once, so such a call is never retried. */
  readonly body: string | Buffer | Readable | null
  /** The reply is streamed: the deadline covers only its head, then an idle limit applies. */
  readonly streamed: boolean
  /** The reply is probably long-lived, see `Reply`: balanced by open responses, on separate connections. */
  readonly lasting?: boolean
  /** Deadline in `performance.now()`. Filters only ever shorten it. */
  readonly until: number
  /** Ends when the reply is no longer wanted. */
  readonly scope: Scope
  readonly exchange: Exchange
  /** Addresses tried already; the balancer adds to it and prefers others. */
  readonly tried?: Set<unknown>
  /** Uses a new connection: a kept-alive one has just died, so others may have too. */
  readonly anew?: boolean
  /** Set for WebSockets: the expected `Sec-WebSocket-Accept` (RFC 6455 §4.2.2). */
  readonly upgrade?: string
}

export interface Reply {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Headers
  /** Must be read or destroyed to free its connection. */
  readonly body: Body
  /**
   * Lasts as long as somebody listens: a WebSocket, a forwarded event stream (`text/event-stream`), a gRPC server
   * stream. It does not count as a call in flight, so it takes no bulkhead place; its route caps it.
   */
  readonly lasting?: boolean
  /** For a 101: the socket, and the bytes after the head. The body is over when the socket is. */
  readonly upgraded?: { readonly socket: Socket; readonly head: Buffer }
}

/** Whether its body is a stream: the client sets its pace, and it can be sent only once. */
export const isUpload = ({ body }: Pick<Call, 'body'>): boolean =>
  typeof body === 'object' && body !== null && !Buffer.isBuffer(body)

/** Rejects with a `Fault` when there is no reply. An error status is a reply. */
export type Service = (call: Call) => Promise<Reply>

/** Wraps the next service. */
export type Filter = (call: Call, next: Service) => Promise<Reply>

/** Outermost first. */
export const pipe = (filters: readonly Filter[], service: Service): Service =>
  filters.reduceRight<Service>((next, filter) => (call) => filter(call, next), service)
