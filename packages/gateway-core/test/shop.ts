import { pino } from 'pino'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import type { Guard, Identity } from '../src/exchange.ts'
import { gateway, optional, problem } from '../src/index.ts'
import { listen } from './listen.ts'
import { plainTokens } from './tokens.ts'
import { signedInAs } from '../src/testing.ts'

const Item = z.object({ id: z.string(), name: z.string() })

const items = {
  'GET /items/:id': { out: Item, errors: { 'item-not-found': 404 } },
  'POST /items': { body: Item, out: Item, status: 201 },
} as const satisfies Contract

const notes = {
  'GET /notes': { query: z.object({ item: z.string() }), out: z.array(z.string()) },
} as const satisfies Contract

const front = {
  'GET /api/items/:id': {
    query: z.object({ size: z.coerce.number<number>().int().max(10).default(3) }),
    out: z.object({ name: z.string(), size: z.number(), notes: z.array(z.string()) }),
    optional: ['notes'],
    errors: { 'item-not-found': 404 },
  },
  'POST /api/items': { body: Item, out: Item, status: 201 },
  'GET /api/me': { out: z.object({ id: z.string() }) },
} as const satisfies Contract

export const identity = signedInAs('u1')

const open: Guard = () => ({})
const signedIn: Guard<Pick<Identity, 'user'>> = (exchange) => exchange.authenticate()

const { screen, forward, app } = gateway(
  front,
  { items, notes },
  { items: { timeout: 1_500, attempts: 2, token: 'none' }, notes: { timeout: 500, token: 'user' } },
  { budget: 3_000 },
)

const routes = [
  screen('GET /api/items/:id', {
    guard: open,
    parts: ({ params, query, from }) => {
      const item = from.items('GET /items/:id', { id: params.id })
      return {
        item,
        size: Promise.resolve(query.size),
        notes: optional(
          item.then(({ id }) => from.notes('GET /notes', { item: id })),
          [],
        ),
      }
    },
    view: ({ item, size, notes }) => ({ name: item.name, size, notes }),
  }),
  screen('POST /api/items', {
    guard: signedIn,
    parts: ({ body, from }) => ({ item: from.items('POST /items', { body }) }),
    view: ({ item }) => item,
    headers: ({ id }) => ({ location: `/api/items/${id}` }),
  }),
  screen('GET /api/me', {
    guard: signedIn,
    parts: ({ user }) => ({ id: Promise.resolve(user.id) }),
    view: ({ id }) => ({ id }),
  }),
  forward('/api/files', 'items', { guard: open, methods: ['GET', 'HEAD', 'PUT'] }),
  forward('/api/of/:tenant/files', 'items', { guard: open }),
]

/** A whole gateway before two upstreams, on a free port. `Authorization: me` signs in. */
export async function shop(upstreams: { items: string; notes: string }) {
  const log = pino({ level: 'silent' })
  const bff = app(routes, {
    upstreams,
    tokens: plainTokens,
    log,
    authenticate: ({ headers }) =>
      headers.authorization === 'me' ? Promise.resolve(identity) : Promise.reject(problem(401, 'token-missing')),
  })
  return listen(bff)
}
