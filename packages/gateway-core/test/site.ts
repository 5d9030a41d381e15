import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { wantsWebSocket } from '../src/edge/handshake.ts'

export interface Site extends AsyncDisposable {
  readonly server: Server
  readonly url: string
}

/** A server on a port that is known before there is an app to answer there, which must know it. */
export async function openSite(): Promise<Site> {
  const server = createServer({ shouldUpgradeCallback: wantsWebSocket })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
