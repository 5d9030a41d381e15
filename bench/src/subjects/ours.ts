// A gateway as an app of this repository builds it: guard, hygiene, deadline, security headers, access log.
import { createServer } from 'node:http'
import { gateway } from '@bff/gateway-core'
import { open } from '@bff/gateway-core/auth'
import { problem } from '@bff/gateway-core/problem'
import { destination, pino } from 'pino'
import { front, items, upstream } from '../shop.ts'
import { announce } from './announce.ts'

const { screen, forward, app } = gateway(front, { items }, { items: { attempts: 2 } })

const page = screen('GET /api/page/:id', {
  guard: open,
  parts: ({ from }) => ({
    first: from.items('GET /items/:id', { id: 'a' }),
    second: from.items('GET /items/:id', { id: 'b' }),
    third: from.items('GET /items/:id', { id: 'c' }),
  }),
  view: ({ first, second, third }) => ({ first: first.name, second: second.name, third: third.name }),
})

const { handler } = app([page, forward('/api/items', 'items', { guard: open })], {
  upstreams: { items: upstream },
  authenticate: () => Promise.reject(problem(401, 'token-missing')),
  log: pino(destination('/dev/null')),
})
void announce(createServer(handler).listen(0, '127.0.0.1'))
