import type { RequestListener } from 'node:http'
import { pino } from 'pino'
import { z } from 'zod'
import {
  internalTokens,
  type Revocations,
  revocations,
  signedIn,
  type WebSession,
  webSession,
  type WebSessionOptions,
} from '../src/auth.ts'
import { memoryStore, type Store } from '../src/state.ts'
import type { Contract } from '../src/contract.ts'
import type { Handler } from '../src/exchange.ts'
import { type Core, gateway, type Route } from '../src/index.ts'
import { json, upstream } from '../src/testing.ts'
import { type Browser, browser } from './browser.ts'
import { echo } from './door.ts'
import { CLIENT, oidcProvider, RESOURCE } from './oidc.ts'
import { openSite } from './site.ts'
import { silent } from './exchange.ts'

const Thing = z.object({ name: z.string() })

const front = {
  'GET /api/things': { out: z.array(Thing) },
  'POST /api/things': { body: Thing, out: Thing, status: 201 },
} as const satisfies Contract

const things = {
  'GET /things': { out: z.array(Thing) },
  'POST /things': { body: Thing, out: Thing, status: 201 },
} as const satisfies Contract

const { screen, forward, app } = gateway(
  front,
  { things, sockets: {} },
  { things: { token: 'user' }, sockets: { token: 'user' } },
)

const own = (method: 'GET' | 'PUT' | 'POST', handle: Handler): Route<Core> => ({
  methods: [method],
  path: '/api/visitor',
  guard: () => ({}),
  bind: () => handle,
})

/** Each kind of door, all for who is signed in; and what an app may keep of a visitor, whoever that is. */
const routes = ({ visitor }: WebSession): Route<Core>[] => [
  screen('GET /api/things', {
    guard: signedIn,
    parts: ({ from }) => ({ found: from.things('GET /things', {}) }),
    view: ({ found }) => found,
  }),
  screen('POST /api/things', {
    guard: signedIn,
    parts: ({ body, from }) => ({ made: from.things('POST /things', { body }) }),
    view: ({ made }) => made,
  }),
  forward('/api/files', 'things', { guard: signedIn, methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] }),
  // `any` leaves the origin to what proves the client: the session.
  forward('/api/live', 'sockets', { guard: signedIn, upgrade: { origins: 'any', caps: { route: 9, client: 9 } } }),
  own('GET', async (exchange, _req, res) => json(res, (await visitor.read(exchange)) ?? null)),
  own('PUT', async (exchange, _req, res) => {
    const data = exchange.query.get('data') ?? undefined
    res.setHeader('set-cookie', [...(await visitor.write(exchange, data))])
    json(res, 'kept')
  }),
  own('POST', async (exchange, _req, res) => {
    res.setHeader('set-cookie', [...(await visitor.renew(exchange))])
    json(res, 'renewed')
  }),
]

/** What stands behind: data, a stream of events, a file. */
const service: RequestListener = (req, res) => {
  if (req.url === '/things' && req.method === 'GET') return json(res, [{ name: 'lamp' }])
  if (req.url === '/things') return json(res, { name: 'lamp' }, 201)
  if (req.url === '/events') return void res.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n')
  if (req.url === '/held') return void res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  res.writeHead(200, { 'content-type': 'text/plain', 'set-cookie': 'theirs=1' }).end('file')
}

interface Given {
  /** Shared by all processes. Default: memory. */
  readonly store?: Store
  /** Of the nth process: for stores that fail or die. */
  readonly storeOf?: (nth: number, shared: Store) => Store
  /** Processes of this app, which take turns, unless a request says `x-process`. Default one. */
  readonly processes?: number
  readonly clock?: () => number
  /** Of the nth process: for rotations. Default: one key, the same for all. */
  readonly keysOf?: (nth: number) => readonly string[]
  /** Whether the provider tells when somebody signs out there. Default no. */
  readonly backchannel?: boolean
  /** How its issuer ends. */
  readonly issuerEnds?: '/'
  readonly session?: Partial<WebSessionOptions>
}

/** A whole web BFF on a free port, with a real identity provider and a service behind it. */
export async function webApp({ processes = 1, clock = Date.now, session = {}, ...given }: Given = {}) {
  const stack = new AsyncDisposableStack()
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const { server, url } = stack.use(await openSite())
  const idp = stack.use(await oidcProvider(url, given.backchannel, given.issuerEnds))
  const [behind, sockets] = [stack.use(await upstream(service)), stack.use(await echo())]
  const shared = given.store ?? memoryStore({ clock })
  const revoking: Revocations[] = []
  const apps = Array.from({ length: processes }, (_, nth) => {
    const store = given.storeOf?.(nth, shared) ?? shared
    const known = revocations({ store, log, clock })
    revoking.push(known)
    const web = webSession({
      issuer: idp.issuer,
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      publicUrl: url,
      scope: 'openid profile email read',
      resource: RESOURCE,
      store,
      keys: given.keysOf?.(nth) ?? ['a-key-of-this-test-for-its-sessions'],
      clock,
      log,
      revocations: known,
      ...session,
    })
    const upstreams = { things: behind.url, sockets: sockets.url }
    const running = app([...web.routes, ...routes(web)], {
      upstreams,
      authenticate: web.authenticate,
      revocations: known,
      tokens: internalTokens({ name: 'web-bff', log: silent }),
      log,
    })
    stack.use(running)
    return running
  })
  let turn = 0
  server.on('request', (req, res) => {
    const process = Number(req.headers['x-process'] ?? turn++ % processes)
    apps[process]!.handler(req, res)
  })
  server.on('upgrade', (req, socket, head) => apps[Number(req.headers['x-process'] ?? 0)]!.door.take(req, socket, head))

  const signIn = async (someone: Browser = browser()): Promise<Browser> => {
    const callback = await someone.follow(`${url}/bff/login`, `${url}/bff/callback`)
    const answer = await someone.request(callback)
    if (answer.status !== 303) throw new Error(`the login ended with ${answer.status}`)
    return someone
  }
  return {
    url,
    idp,
    behind,
    sockets,
    store: shared,
    /** Of each process. */
    revocations: revoking,
    lines,
    signIn,
    /** As somebody who goes there and says yes. */
    signOutAtProvider: async (someone: Browser): Promise<void> => {
      const { origin } = new URL(idp.issuer)
      const page = await (await someone.request(`${origin}/session/end?client_id=${CLIENT.id}`)).text()
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)![1]!
      const body = new URLSearchParams({ xsrf, logout: 'yes' })
      await someone.request(`${origin}/session/end/confirm`, { method: 'POST', body })
    },
    /** What is in the browser's jar for this app. */
    cookies: (someone: Browser) => someone.cookies(url),
    /** As a script of the page: with the header, whatever the method. */
    ask: (someone: Browser, path: string, init: RequestInit = {}) =>
      someone.request(url + path, { ...init, headers: { 'x-csrf': '1', ...(init.headers as object) } }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export type WebApp = Awaited<ReturnType<typeof webApp>>

export const SID = '__Host-Http-sid'
