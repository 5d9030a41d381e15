import { Axios, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import type { Exchange } from '../exchange.ts'
import type { Scope } from '../scope.ts'
import { faultOf } from './fault.ts'
import type { Road } from './road.ts'

/** What axios carries for the road without looking into it: it copies plain objects, deeply and more than once per call. */
export class Freight {
  readonly exchange: Exchange
  readonly scope: Scope
  readonly headers: Readonly<Record<string, string>>

  constructor(exchange: Exchange, scope: Scope, headers: Readonly<Record<string, string>>) {
    this.exchange = exchange
    this.scope = scope
    this.headers = headers
  }
}

const none = new AxiosHeaders()

/**
 * An axios whose adapter is the road: it follows no redirect, obeys no proxy variable, opens no socket, has the policy's
 * limits, and rejects with a `Fault` that names the upstream. An error status resolves. The body arrives whole, as text.
 */
export const axiosOn = (upstream: string, road: Road): Axios =>
  // Not `create`: all of its defaults would be merged anew for every call, and an adapter of one's own reads none of them.
  new Axios({ adapter: (config) => send(upstream, road, config), validateStatus: null })

async function send(upstream: string, road: Road, config: InternalAxiosRequestConfig) {
  const { exchange, scope, headers } = (config as unknown as { freight: Freight }).freight
  const reply = await road.send({
    upstream,
    method: config.method!.toUpperCase(),
    url: config.url!,
    // Not axios's own, which it fills with guesses: a write would be sent as a form as well.
    headers,
    body: (config.data as string | undefined) ?? null,
    streamed: false,
    until: exchange.deadline,
    scope,
    exchange,
  })
  try {
    const bytes = await reply.body.bytes(road.policy.maxBytes, upstream)
    return { data: bytes.toString(), status: reply.status, statusText: '', headers: none, config }
  } catch (error) {
    throw faultOf(error, upstream, scope)
  }
}
