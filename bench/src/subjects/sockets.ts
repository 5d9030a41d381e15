// Idle WebSockets: `ws` alone, or the socket route of an app.
import { createServer } from 'node:http'
import { gateway, serve } from '@bff/gateway-core'
import { signedIn } from '@bff/gateway-core/auth'
import { pino } from 'pino'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { env } from '../env.ts'
import { announce, announcePort } from './announce.ts'

const Item = z.object({ n: z.int() })
const items = {
  'GET /items/:id': {
    query: z.object({ after: z.number().optional() }),
    out: Item,
    feed: { after: 'after', message: z.object({ live: z.int() }), read: (message: { live: number }) => message },
  },
} as const

if (env.everything) {
  const { socket, app } = gateway({}, { items }, { items: { token: 'none' } })
  const live = socket('/live', {
    guard: signedIn,
    protocol: 'bench.live.v1',
    topics: { ':id': ({ params, after, from }) => from.items('GET /items/:id', { id: params.id, after }) },
    out: Item,
    view: (item) => item,
    caps: { client: 10_000 },
  })
  // Each socket belongs to a different user, as in production.
  const authenticate = ({ headers: { authorization = '' } }: { headers: { authorization?: string | undefined } }) =>
    Promise.resolve({
      user: { id: authorization, scopes: new Set<string>(), claims: { sub: authorization, scope: 'shop' } },
      by: 'bearer' as const,
      client: 'bench',
      issuedAt: Date.now(),
      expiresAt: Date.now() + 3_600_000,
    })
  const log = pino({ level: 'silent' })
  const { handler, door } = app([live], { upstreams: { items: env.upstream }, log, authenticate, cookies: 'none' })
  const given = { name: 'bench', port: 0, hostname: '127.0.0.1', portVariable: 'none', log }
  const { port } = await serve({ ...given, handler, upgrade: door.take })
  announcePort(port)
} else {
  const server = createServer()
  new WebSocketServer({ server, perMessageDeflate: false, clientTracking: true }).on('connection', (socket) =>
    socket.on('message', () => socket.send('{}')),
  )
  await announce(server.listen(0, '127.0.0.1'))
}
