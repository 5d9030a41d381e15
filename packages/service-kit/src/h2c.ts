import { createServer, type Http2Server, type Http2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
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
  const sessions = tracked<Http2Session>(server, 'session')
  const sockets = tracked<Socket>(server, 'connection')
  await listen(server, options.port, hostname, options.portVariable)
  const { port } = server.address() as AddressInfo
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
  log.info({ service: name, url }, 'ready')
  let stopped: Promise<void> | undefined
  const stop = async () => {
    draining = true
    log.info({ service: name }, 'stopping')
    options.drain?.()
    await close(server, sessions, sockets)
    await release?.[Symbol.asyncDispose]()
  }
  return { url, port, [Symbol.asyncDispose]: () => (stopped ??= stop()) }
}

async function close(
  server: Http2Server,
  sessions: ReadonlySet<Http2Session>,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  for (const session of sessions) session.close()
  // Not the sessions: one that is closed on this side holds its socket for as long as the other side does.
  const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), grace)
  await promise
  clearTimeout(timer)
}

function tracked<T extends Http2Session | Socket>(
  server: Http2Server,
  event: 'session' | 'connection',
): ReadonlySet<T> {
  const open = new Set<T>()
  server.on(event, (one: T) => {
    open.add(one)
    one.once('close', () => open.delete(one))
  })
  return open
}
