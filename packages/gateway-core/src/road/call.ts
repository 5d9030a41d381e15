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
  /** Names in lower case. */
  readonly headers: Headers
  /** A stream can be sent once only, so such a call is never tried again. */
  readonly body: string | Buffer | Readable | null
  /** The reply is passed on as it arrives: the deadline then ends with its head, and an idle limit takes over. */
  readonly streamed: boolean
  /** What it asks for most likely lasts, see `Reply`: of several addresses it goes where less is open, on a connection of its own. */
  readonly lasting?: boolean
  /** `performance.now()` by which it must be over. Filters only ever bring it forward. */
  readonly until: number
  /** Ends when nobody wants the reply any more. */
  readonly scope: Scope
  readonly exchange: Exchange
  /** Addresses that were asked already; the balancer adds to it and prefers others. */
  readonly tried?: Set<unknown>
  /** On a connection of its own: a kept one has just died, and where one was left waiting others were too. */
  readonly anew?: boolean
  /** It asks for a WebSocket: the one right `Sec-WebSocket-Accept` (RFC 6455 §4.2.2). */
  readonly upgrade?: string
}

export interface Reply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Headers
  /** Must be read or destroyed, or its connection stays taken. */
  readonly body: Body
  /**
   * It goes on for as long as somebody listens: a WebSocket, a stream of events (`text/event-stream`) that is passed on, a gRPC
   * method of many answers. It is no work under way any more, so it holds no place of calls; its door has a cap for it.
   */
  readonly lasting?: boolean
  /** Of a 101: whose it is now, and what came behind the head. Its body is over when the socket is. */
  readonly upgraded?: { readonly socket: Socket; readonly head: Buffer }
}

/** Whether its body is a stream: how long it takes is up to the client, and it can be sent once only. */
export const isUpload = ({ body }: Pick<Call, 'body'>): boolean =>
  typeof body === 'object' && body !== null && !Buffer.isBuffer(body)

/** Rejects with a `Fault` when there is no reply. An error status is a reply. */
export type Service = (call: Call) => Promise<Reply>

/** Wraps what follows it. */
export type Filter = (call: Call, next: Service) => Promise<Reply>

/** Outermost first. */
export const pipe = (filters: readonly Filter[], service: Service): Service =>
  filters.reduceRight<Service>((next, filter) => (call) => filter(call, next), service)
