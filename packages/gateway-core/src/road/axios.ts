import { AxiosHeaders, type AxiosAdapter, create } from 'axios'
import type { Exchange } from '../exchange.ts'
import type { Reply } from './call.ts'
import { Fault, faultOf } from './fault.ts'
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
  (upstream: string, road: Road, exchange: Exchange): AxiosAdapter =>
  async (config) => {
    const signal = config.signal as AbortSignal
    const reply = await road.send({
      upstream,
      method: String(config.method).toUpperCase(),
      url: String(config.url),
      headers: config.headers.toJSON(),
      body: (config.data as string | undefined) ?? null,
      streamed: false,
      signal,
      exchange,
    })
    const data = await read(reply, road.policy.maxBytes, upstream, signal)
    return { data, status: reply.status, statusText: '', headers: AxiosHeaders.from(reply.headers as {}), config }
  }

async function read(reply: Reply, maxBytes: number, upstream: string, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new Fault('malformed', upstream, new Error(`more than ${maxBytes} bytes`))
      chunks.push(chunk)
    }
  } catch (error) {
    throw faultOf(error, upstream, signal)
  }
  return Buffer.concat(chunks).toString()
}
