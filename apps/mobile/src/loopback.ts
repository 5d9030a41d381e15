import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Loopback extends AsyncDisposable {
  readonly uri: string
  /** The parameters of the first request to `uri`. */
  readonly answer: Promise<URLSearchParams>
}

/** Listens on a free loopback port for the browser's redirect (RFC 8252 §7.3). */
export async function loopback(): Promise<Loopback> {
  const answer = Promise.withResolvers<URLSearchParams>()
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://127.0.0.1')
    const expected = pathname === '/callback'
    res.writeHead(expected ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' })
    res.end(expected ? 'Signed in. You can go back to the app.\n' : 'Nothing here.\n')
    if (expected) answer.resolve(searchParams)
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  const { port } = server.address() as AddressInfo
  return {
    uri: `http://127.0.0.1:${port}/callback`,
    answer: answer.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
