import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Told {
  readonly token: string
  readonly type: string | undefined
  /** `performance.now()` */
  readonly at: number
}

/** A client's back-channel endpoint. Responds with these statuses in turn, repeating the last; 0: no response. */
export async function receiver(...statuses: number[]) {
  const told: Told[] = []
  const server = createServer(async (req, res) => {
    const form = new URLSearchParams(Buffer.concat(await req.toArray()).toString())
    told.push({ token: form.get('logout_token') ?? '', type: req.headers['content-type'], at: performance.now() })
    const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!
    if (status !== 0) res.writeHead(status).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bff/backchannel`,
    told,
    /** Resolves after `times` notices. */
    async until(times: number) {
      while (told.length < times) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
