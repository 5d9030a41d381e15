// A gateway built like an app of this repository.
import { createServer } from 'node:http'
import { gateway, messagesOf, perMinute, serve } from '@bff/gateway-core'
import { lines, logger } from '@bff/gateway-core/run'
import { bearer, open, signedIn } from '@bff/gateway-core/auth'
import { problem } from '@bff/gateway-core/problem'
import { pino } from 'pino'
import { env } from '../env.ts'
import { front, items, streams } from '../shop.ts'
import { announce, announcePort } from './announce.ts'
import { audience, fetchKeys, issuer, token } from './identity.ts'

const { screen, forward, app } = gateway(
  front,
  { items, streams },
  {
    // All requests are identical, so coalescing would distort the result.
    items: { attempts: 2, coalesce: false },
    streams: { timeout: 60_000, maxRequestBytes: 2 ** 31 },
  },
  { budget: 60_000 },
)

// Everything an app has beyond policies.
const bare = { authenticate: () => Promise.reject(problem(401, 'token-missing')), log: pino({ level: 'silent' }) }
const everything = {
  authenticate: bearer({ issuer, audience, fetch: fetchKeys }),
  log: logger('bench', 'info', lines('/dev/null')),
  hosts: ['127.0.0.1'],
  proxies: ['10.0.0.0/8'],
  // Counted but never reached.
  limits: perMinute(100_000_000),
}

const guard = env.everything ? signedIn : open

const page = screen('GET /api/page/:id', {
  guard,
  parts: ({ from }) => ({
    first: from.items('GET /items/:id', { id: 'a' }),
    second: from.items('GET /items/:id', { id: 'b' }),
    third: from.items('GET /items/:id', { id: 'c' }),
  }),
  view: ({ first, second, third }) => ({ first: first.name, second: second.name, third: third.name }),
})

const many = Array.from({ length: env.routes }, (_, i) => forward(`/api/many/${i}`, 'items', { guard }))

const { handler, door } = app(
  [
    page,
    forward('/api/items', 'items', { guard }),
    forward('/api/streams', 'streams', { guard, methods: ['GET', 'POST'] }),
    ...many,
  ],
  {
    upstreams: { items: env.upstream, streams: env.streams },
    ...(env.everything ? everything : bare),
  },
)
if (env.everything) {
  const place = { name: 'bench', port: 0, hostname: '127.0.0.1', portVariable: 'PORT' }
  const { port } = await serve({ ...place, handler, upgrade: door.take, log: everything.log })
  announcePort(port, { authorization: `Bearer ${token}` })
} else {
  await announce(createServer(messagesOf(handler), handler).listen(0, '127.0.0.1'))
}
