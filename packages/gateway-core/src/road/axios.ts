import { AxiosHeaders, type AxiosAdapter, create } from 'axios'
import type { Exchange } from '../exchange.ts'
import type { Scope } from '../scope.ts'
import { faultOf } from './fault.ts'
import type { Road } from './road.ts'

/** What stock axios would do beside sending: follow redirects, obey proxy variables, throw on a status. Here the road decides. */
export const http = create({
  maxRedirects: 0,
  proxy: false,
  allowAbsoluteUrls: false,
  validateStatus: null,
  transformRequest: [],
  transformResponse: [],
})

/** The road, as an axios adapter for the calls of one exchange. The body arrives whole, as text, or the call fails. */
export const adapter =
  (upstream: string, road: Road, exchange: Exchange, scope: Scope): AxiosAdapter =>
  async (config) => {
    const reply = await road.send({
      upstream,
      method: String(config.method).toUpperCase(),
      url: String(config.url),
      headers: config.headers.toJSON(),
      body: (config.data as string | undefined) ?? null,
      streamed: false,
      until: exchange.deadline,
      scope,
      exchange,
    })
    const bytes = await reply.body.bytes(road.policy.maxBytes, upstream).catch((error: unknown) => {
      throw faultOf(error, upstream, scope)
    })
    const headers = AxiosHeaders.from(reply.headers as {})
    return { data: bytes.toString(), status: reply.status, statusText: '', headers, config }
  }
