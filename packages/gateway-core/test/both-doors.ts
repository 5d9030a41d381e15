import type { Logger } from 'pino'
import { z } from 'zod'
import type { InternalTokens } from '../src/auth/onward/internal-tokens.ts'
import type { Contract } from '../src/contract.ts'
import type { Guard } from '../src/exchange.ts'
import { gateway, optional, problem } from '../src/index.ts'
import type { Policy } from '../src/policy.ts'
import type { Tls } from '../src/road/tls.ts'
import { silent } from './exchange.ts'
import { identity } from './shop.ts'
import { listen } from './listen.ts'
import { plainTokens } from './tokens.ts'

export const Item = z.object({ id: z.string(), name: z.string() })

const items = {
  'GET /items/:id': { out: Item },
  'PUT /items/:id': { body: Item, out: Item },
  'POST /items/:id': { body: Item, out: Item },
} as const satisfies Contract

const front = {
  'GET /api/items/:id': { out: Item },
  'PUT /api/items/:id': { body: Item, out: Item },
  'POST /api/items/:id': { body: Item, out: Item },
  'GET /api/maybe/:id': { out: z.object({ name: z.string() }), optional: ['item'] },
  'GET /api/others/:id': { out: Item },
} as const satisfies Contract

const open: Guard = () => ({})
const signedIn: Guard = (exchange) => exchange.authenticate()

/** The same request by either door: both reach `/items/:id` of the same upstream. `files` is its whole subtree, forwarded. */
export const doors = ['forward', 'screen'] as const
export type DoorName = (typeof doors)[number]

export const pathOf = (door: DoorName, id: string): string => `/api/${door === 'forward' ? 'files/' : ''}items/${id}`

/** Alone: what a test wants of the rest it says. */
const plain: Policy = {
  timeout: 250,
  connectTimeout: 200,
  idleTimeout: 200,
  streamTimeout: 600,
  attempts: 1,
  breaker: false,
  outlier: false,
  coalesce: false,
}

/** For what is about no time: a busy machine's is no fault, and whoever waited for one of these would be seen to. */
export const patient = { timeout: 2_500, connectTimeout: 2_500, idleTimeout: 2_500, streamTimeout: 2_500 } as const

export interface Given {
  /** Over a policy in which nothing is tried again, shared or spared. */
  readonly policy?: Policy
  /** Address of the other upstream. Default: the same. */
  readonly other?: string
  /** Milliseconds of one exchange. Default 3 000. */
  readonly budget?: number
  /** Who is not `me` is nobody. Default: nobody needs to be. */
  readonly guarded?: boolean
  /** Default: such as a test can read. */
  readonly tokens?: InternalTokens
  /** Default: silent. */
  readonly log?: Logger
  /** Of the first upstream. */
  readonly tls?: Tls | undefined
}

/** A gateway whose two doors stand before one upstream. */
export async function bothDoors(address: string, given: Given = {}) {
  const { policy = {}, other = address, budget = 3_000, guarded = false, log = silent, tokens = plainTokens } = given
  const guard = guarded ? signedIn : open
  const { screen, forward, app } = gateway(
    front,
    { items, others: items },
    { items: { ...plain, ...policy }, others: { ...plain, ...policy } },
    { budget },
  )
  const bff = app(
    [
      screen('GET /api/items/:id', {
        guard,
        parts: ({ params, from }) => ({ item: from.items('GET /items/:id', { id: params.id }) }),
        view: ({ item }) => item,
      }),
      screen('PUT /api/items/:id', {
        guard,
        parts: ({ params, body, from }) => ({ item: from.items('PUT /items/:id', { id: params.id, body }) }),
        view: ({ item }) => item,
      }),
      screen('POST /api/items/:id', {
        guard,
        parts: ({ params, body, from }) => ({ item: from.items('POST /items/:id', { id: params.id, body }) }),
        view: ({ item }) => item,
      }),
      screen('GET /api/maybe/:id', {
        guard,
        parts: ({ params, from }) => ({
          item: optional(from.items('GET /items/:id', { id: params.id }), { id: '', name: 'nobody knows' }),
        }),
        view: ({ item: { name } }) => ({ name }),
      }),
      screen('GET /api/others/:id', {
        guard,
        parts: ({ params, from }) => ({ item: from.others('GET /items/:id', { id: params.id }) }),
        view: ({ item }) => item,
      }),
      forward('/api/files', 'items', { guard, methods: ['GET', 'HEAD', 'PUT', 'POST'] }),
      forward('/api/otherfiles', 'others', { guard, methods: ['GET', 'HEAD', 'PUT', 'POST'] }),
    ],
    {
      upstreams: { items: address, others: other },
      tls: { items: given.tls },
      tokens,
      log,
      authenticate: ({ headers }) =>
        headers.authorization === 'me' ? Promise.resolve(identity) : Promise.reject(problem(401, 'token-missing')),
    },
  )
  return listen(bff)
}
