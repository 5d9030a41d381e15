import { createServer, type Http2Session } from 'node:http2'
import { type Listening, listening, type ServeOptions } from '@bff/gateway-core/server'

/** Like `serve`, over HTTP/2 without TLS. A stop sends GOAWAY first and lets running streams finish. */
export function serveH2c(options: ServeOptions): Promise<Listening> {
  const { handler, ready = () => ({ ready: true }) } = options
  let leaving = false
  const health: Readonly<Record<string, () => boolean>> = {
    '/livez': () => true,
    '/readyz': () => !leaving && ready().ready,
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
  return listening(options, server, {
    unready: () => {
      leaving = true
    },
    close() {
      for (const session of sessions) session.close()
    },
  })
}
