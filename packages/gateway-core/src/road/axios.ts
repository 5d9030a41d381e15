import { Axios, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import type { Asking } from './asking.ts'
import type { Headers } from './call.ts'
import { faultOf } from './fault.ts'
import type { Road } from './road.ts'

/** Passes through axios untouched: plain objects it would deep-copy, more than once per call. */
export class Freight {
  readonly asking: Asking
  readonly headers: Readonly<Record<string, string>>
  /** Response headers. */
  heard: Headers | undefined = undefined

  constructor(asking: Asking, headers: Readonly<Record<string, string>>) {
    this.asking = asking
    this.headers = headers
  }
}

const none = new AxiosHeaders()

/**
 * An axios on top of the road: it follows no redirects, ignores proxy variables, opens no sockets, applies the policy's
 * limits, and rejects with a `Fault` that names the upstream. An error status resolves. The body arrives whole, as
 * text; the headers are left in the freight.
 */
export const axiosOn = (upstream: string, road: Road): Axios =>
  // Not `create`: it would merge all defaults on every call, and a custom adapter reads none of them.
  new Axios({ adapter: (config) => send(upstream, road, config), validateStatus: null })

async function send(upstream: string, road: Road, config: InternalAxiosRequestConfig) {
  const { freight } = config as unknown as { freight: Freight }
  const { scope, exchange, until } = freight.asking
  const reply = await road.send({
    upstream,
    method: config.method!.toUpperCase(),
    url: config.url!,
    // Not axios's own headers, which it fills with guesses: it would also send a write as a form.
    headers: freight.headers,
    body: (config.data as string | undefined) ?? null,
    streamed: false,
    until,
    scope,
    exchange,
  })
  freight.heard = reply.headers
  try {
    const bytes = await reply.body.bytes(road.policy.maxBytes, upstream)
    return { data: bytes.toString(), status: reply.status, statusText: '', headers: none, config }
  } catch (error) {
    throw faultOf(error, upstream, scope)
  }
}
