import { on, once } from 'node:events'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { revocations, type Revocations } from '../../src/auth.ts'
import type { Contract } from '../../src/contract.ts'
import type { Identity } from '../../src/exchange.ts'
import { gateway, type Guard, type Listening, problem, serve } from '../../src/index.ts'
import { planOf, type SocketPlan } from '../../src/plan/plan.ts'
import type { SocketSpec } from '../../src/live/socket/socket.ts'
import { memoryStore } from '../../src/state/memory.ts'
import type { Store } from '../../src/state/store.ts'
import { signedInAs } from '../../src/testing.ts'
import { silent } from '../exchange.ts'
import { type FeedService, feedService, Thing, things } from '../feed.ts'
import { plainTokens } from '../tokens.ts'

const front = {
  'POST /tickets': { out: z.object({ ticket: z.string(), expiresIn: z.int() }) },
  'GET /things/:id/news': {
    polls: true,
    query: z.object({ after: z.coerce.number<number>().default(0), wait: z.coerce.number<number>().default(0) }),
    out: z.object({ items: z.array(Thing), rev: z.int(), resync: z.boolean() }),
    errors: { 'thing-not-found': 404 },
  },
} as const satisfies Contract

type Spec = SocketSpec<
  { things: typeof things },
  { user: Identity['user'] },
  'things/:id',
  z.infer<typeof Thing>,
  typeof Thing
>

export interface Given {
  readonly spec?: Partial<Spec>
  readonly port?: number
  readonly service?: FeedService
  readonly store?: Store
  /** Milliseconds that the token `ada` is good for. Default 300 000. */
  readonly life?: number
}

const signedIn: Guard<{ user: Identity['user'] }> = async (exchange) => ({ user: (await exchange.authenticate()).user })

export interface Bff extends AsyncDisposable {
  readonly url: string
  /** What is said of its socket. */
  readonly plan: () => Promise<SocketPlan>
  readonly service: FeedService
  readonly revocations: Revocations
  /** Who a token proves: a token is a name, or one with `-` and more behind it. `banned` is nobody. */
  readonly tokens: Map<string, Identity>
  readonly stop: () => Promise<void>
  readonly open: () => number
  /** Its ends of all sockets that asked for an upgrade, in order. */
  readonly wires: readonly Duplex[]
}

/** A BFF with one route of each kind that follows, before one service. */
export async function startBff(given: Given = {}): Promise<Bff> {
  const { store = memoryStore(), life = 300_000, port = 0 } = given
  const stack = new AsyncDisposableStack()
  const service = given.service ?? stack.use(await feedService((url) => !url.startsWith('/things/none')))
  const ada = (more: Partial<Identity> = {}) => signedInAs('ada', { expiresAt: Date.now() + life, ...more })
  const tokens = new Map([
    ['ada', ada({ tokenId: 'first', sessionId: 's1' })],
    ['ada-again', signedInAs('ada', { tokenId: 'second', expiresAt: Date.now() + 600_000 })],
    ['grace', signedInAs('grace')],
  ])
  const { socket, ticket, poll, app, estate } = gateway(
    front,
    { things },
    { things: { token: 'user', timeout: 1_000 } },
  )
  const taken = revocations({ store, log: silent })
  const line = socket('/live', {
    guard: signedIn,
    protocol: 'test.live.v1',
    topics: { 'things/:id': ({ params, after, from }) => from.things('GET /things/:id', { id: params.id, after }) },
    out: Thing,
    view: (thing) => thing,
    ...given.spec,
  })
  const bff = app(
    [
      line,
      ticket('POST /tickets', { guard: signedIn }),
      poll('GET /things/:id/news', {
        guard: signedIn,
        follow: ({ params, query, from }) => from.things('GET /things/:id', { id: params.id, after: query.after }),
        wait: ({ query }) => query,
        view: ({ items, rev, resync }) => ({ items: items.map(({ item }) => item), rev, resync }),
      }),
    ],
    {
      upstreams: { things: service.url },
      tokens: plainTokens,
      log: silent,
      store,
      revocations: taken,
      cookies: 'none',
      authenticate: ({ headers }) => {
        const identity = tokens.get(headers.authorization?.replace(/^Bearer /, '') ?? '')
        return identity === undefined ? Promise.reject(problem(401, 'token-invalid')) : Promise.resolve(identity)
      },
    },
  )
  const wires: Duplex[] = []
  const listening: Listening = await serve({
    name: 'test',
    port,
    hostname: '127.0.0.1',
    portVariable: 'PORT',
    handler: bff.handler,
    upgrade(req, wire, head) {
      wires.push(wire)
      bff.door.take(req, wire, head)
    },
    drain: bff.door.drain,
    log: silent,
    release: bff,
  })
  stack.use(listening)
  return {
    url: listening.url,
    plan: async () => (await planOf(line, estate)) as SocketPlan,
    service,
    revocations: taken,
    tokens,
    stop: async () => listening[Symbol.asyncDispose](),
    open: () => bff.door.open,
    wires,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export type Heard = Readonly<Record<string, unknown>> & { readonly type: string }

export interface Client {
  readonly socket: WebSocket
  say(message: unknown): void
  /** The next message. */
  next(): Promise<Heard>
  /** The next of one type, the others skipped. */
  next(type: string): Promise<Heard>
  /** So many events, short: `3`, `live 3`. */
  take(most: number): Promise<string[]>
  /** From now on each message as it comes, and none of them kept for `next`. */
  hear(told: (message: Heard) => void): void
  /** Code and reason. */
  readonly closed: Promise<string>
}

export const short = ({ type, rev, problem: failed }: Heard): string => {
  if (type === 'event') return String(rev)
  return type === 'problem' ? `problem ${(failed as { code: string }).code}` : `${type} ${rev}`
}

/** An open socket of the person whom a token proves. */
export async function connect(
  url: string,
  {
    token = 'ada',
    protocols = ['test.live.v1'],
    ...options
  }: Record<string, unknown> & { token?: string; protocols?: string[] } = {},
): Promise<Client> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, protocols, { headers, ...options })
  const messages = on(socket, 'message')
  const closed = new Promise<string>((resolve) => socket.once('close', (code, reason) => resolve(`${code} ${reason}`)))
  await once(socket, 'open')
  socket.on('error', () => undefined)
  const next = async (type?: string): Promise<Heard> => {
    for (;;) {
      const { value } = (await messages.next()) as { value: [Buffer] }
      const heard = JSON.parse(value[0].toString()) as Heard
      if (type === undefined || heard.type === type) return heard
    }
  }
  return {
    socket,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next,
    async take(most) {
      const all: string[] = []
      while (all.length < most) all.push(short(await next()))
      return all
    },
    hear(told) {
      void messages.return?.()
      socket.on('message', (data: Buffer) => told(JSON.parse(data.toString()) as Heard))
    },
    closed,
  }
}
