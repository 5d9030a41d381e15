import { createServer, type Http2Server, type Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { listen, type Listening, type ServeOptions } from '@bff/gateway-core/server'

/** Milliseconds that calls under way get to finish when the server stops. */
const grace = 3_000

/** As `serve`, in HTTP/2 without TLS. Sessions are told to go away first; streams under way are finished. */
export async function serveH2c(options: ServeOptions): Promise<Listening> {
  const { name, hostname, handler, log, ready = () => true, release } = options
  let draining = false
  const health: Readonly<Record<string, () => boolean>> = {
    '/livez': () => true,
    '/readyz': () => !draining && ready(),
  }
  const server = createServer((req, res) => {
    const check = health[req.url]
    if (check === undefined) return (handler as unknown as (...of: unknown[]) => void)(req, res)
    res.writeHead(check() ? 200 : 503)
    res.end()
  })
  const sessions = new Set<Http2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  await listen(server, options.port, hostname, options.portVariable)
  const { port } = server.address() as AddressInfo
  const url = `http://${hostname}:${port}`
  log.info({ name, url }, 'ready')
  let stopped: Promise<void> | undefined
  const stop = async () => {
    draining = true
    log.info({ name }, 'stopping')
    options.drain?.()
    await close(server, sessions)
    await release?.[Symbol.asyncDispose]()
  }
  return { url, port, [Symbol.asyncDispose]: () => (stopped ??= stop()) }
}

async function close(server: Http2Server, sessions: ReadonlySet<Http2Session>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  for (const session of sessions) session.close()
  const timer = setTimeout(() => sessions.forEach((session) => session.destroy()), grace)
  await promise
  clearTimeout(timer)
}
