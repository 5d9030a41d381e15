import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'
import { open, type Revocations, revocations, signedIn } from '../src/auth.ts'
import type { Store } from '../src/state/store.ts'
import type { Contract } from '../src/contract.ts'
import type { Authenticate, Identity } from '../src/exchange.ts'
import { gateway, type Listening, optional, problem, serve } from '../src/index.ts'
import { signedInAs } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { echo } from './door.ts'

const Item = z.object({ id: z.string() })
const items = { 'GET /items/:id': { out: Item } } as const satisfies Contract
const front = {
  'GET /api/items/:id': { out: Item },
  'GET /api/maybe/:id': { out: z.object({ there: z.boolean() }), optional: ['item'] },
} as const satisfies Contract

/** `<by> <user> <session> <token>` signs in; `-` stands for none. */
export const credentials = (
  user: string,
  session = '-',
  token = '-',
  by: Identity['by'] = 'bearer',
): { authorization: string } => ({ authorization: [by, user, session, token].join(' ') })

const named = (name: string | undefined) => (name === '-' ? undefined : name)

/** Proofs that say what they are: what is tested is how they end. Each was issued a minute ago. */
const authenticate =
  (lifetime: number): Authenticate =>
  async ({ headers }) => {
    const [by, user, session, token] = headers.authorization?.split(' ') ?? []
    if (user === undefined) throw problem(401, 'token-missing')
    return signedInAs(user, {
      by: by as Identity['by'],
      sessionId: named(session),
      tokenId: named(token),
      issuedAt: Date.now() - 60_000,
      expiresAt: Date.now() + lifetime,
    })
  }

/** A service whose `/events` never end, whose `/items` never come, and one that says back what a socket says. */
export async function services() {
  const stack = new AsyncDisposableStack()
  const sockets = stack.use(await echo())
  const waiting = { items: 0 }
  const server = createServer((req, res) => {
    if (!req.url!.startsWith('/events')) {
      waiting.items++
      return
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => res.write(': tick\n\n'), 20)
    res.once('close', () => clearInterval(timer)).write('data: hello\n\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as { port: number }
  return {
    items: `http://127.0.0.1:${port}`,
    sockets: sockets.url,
    waiting,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export interface Instance extends AsyncDisposable {
  readonly url: string
  readonly revocations: Revocations
}

export interface Given {
  /** Milliseconds that a proof lives. Default an hour. */
  readonly lifetime?: number
  /** Of one exchange. Default 5 000. */
  readonly budget?: number
  readonly log?: Logger
}

/** One process of an app before those services: all that it shares with another is in the store. */
export async function instance(
  store: Store,
  upstreams: { readonly items: string; readonly sockets: string },
  { lifetime = 3_600_000, budget = 5_000, log = silent }: Given = {},
): Promise<Instance> {
  const { screen, forward, batch, app } = gateway(
    front,
    { items, sockets: items },
    { items: { timeout: budget / 2, breaker: false, outlier: false }, sockets: {} },
    { budget },
  )
  const routes = [
    screen('GET /api/items/:id', {
      guard: signedIn,
      parts: ({ params, from }) => ({ item: from.items('GET /items/:id', { id: params.id }) }),
      view: ({ item }) => item,
    }),
    screen('GET /api/maybe/:id', {
      guard: signedIn,
      parts: ({ params, from }) => ({ item: optional(from.items('GET /items/:id', { id: params.id }), { id: '' }) }),
      view: ({ item }) => ({ there: item.id !== '' }),
    }),
    batch('POST /api/batch', { guard: open }),
    forward('/live', 'items', { guard: signedIn }),
    forward('/ws', 'sockets', { guard: signedIn, upgrade: { origins: 'any' } }),
  ]
  const known = revocations({ store, log })
  const bff = app(routes, { upstreams, authenticate: authenticate(lifetime), log, revocations: known })
  const listening: Listening = await serve({
    name: 'test',
    port: 0,
    hostname: '127.0.0.1',
    portVariable: 'PORT',
    handler: bff.handler,
    upgrade: bff.door.take,
    drain: bff.door.drain,
    log: silent,
    release: bff,
  })
  return { url: listening.url, revocations: known, [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() }
}
