import { Pool } from 'undici'
import type { Reply, Service } from './call.ts'
import { Fault, faultOf } from './fault.ts'

export interface Connections extends AsyncDisposable {
  readonly send: Service
}

/** Quiet time inside a body after which it counts as dead, in milliseconds. */
const idle = 30_000

/** The end of the road: one connection pool to one address. Redirects are answers, never followed. */
export function connections(address: string): Connections {
  const { origin, pathname } = new URL(address)
  const base = pathname === '/' ? '' : pathname
  const pool = new Pool(origin, {
    connect: { timeout: 1_000 },
    headersTimeout: 0,
    bodyTimeout: idle,
    maxHeaderSize: 16_384,
  })
  return {
    async send(call) {
      const { method, headers, body, signal } = call
      try {
        const answer = await pool.request({
          path: base + call.url,
          method,
          headers: headers as Record<string, string | string[]>,
          body,
          signal,
        })
        // A body may fail or be thrown away while nobody listens: whoever reads it learns of that by reading.
        answer.body.on('error', () => undefined)
        const reply: Reply = {
          status: answer.statusCode,
          headers: answer.headers as Reply['headers'],
          body: answer.body,
        }
        if (reply.status >= 200 && reply.status <= 599) return reply
        reply.body.destroy()
        throw new Fault('malformed', call.upstream)
      } catch (error) {
        throw faultOf(error, call.upstream, signal)
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}
