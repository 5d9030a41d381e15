import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Identity } from './exchange.ts'

export { freePort } from './testing-port.ts'
export { hasRedis, redisServer } from './testing-redis.ts'
export type { RedisServer } from './testing-redis.ts'

/** A real server on a free local port, for tests. */
export interface Upstream extends AsyncDisposable {
  readonly url: string
  /** Every request received, in order. */
  readonly seen: readonly IncomingMessage[]
}

/** Starts an upstream that answers with `handler`. Disposing it cuts every connection. */
export async function upstream(handler: RequestListener): Promise<Upstream> {
  const seen: IncomingMessage[] = []
  const server = createServer((req, res) => {
    seen.push(req)
    handler(req, res)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}

/** Answer with JSON. */
export const json = (res: ServerResponse, body: unknown, status = 200, type = 'application/json'): void => {
  res.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

/** The identity of this user, just signed in with a token. */
export const signedInAs = (id: string, given: Partial<Identity> = {}): Identity => ({
  user: { id, scopes: new Set(), claims: {} },
  by: 'bearer',
  client: 'test',
  issuedAt: Date.now(),
  expiresAt: Date.now() + 300_000,
  ...given,
})
