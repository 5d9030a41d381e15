import type { Authenticate, Caps, Exchange, Guard, Identity, Route, Upgrade } from '../../exchange.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Followed, Schema } from '../../contract.ts'
import { problem } from '../../problem.ts'
import type { From, Sources } from '../../sources.ts'
import { show } from '../show.ts'
import type { LiveCore } from '../streaming.ts'
import { Ticks } from '../ticks.ts'
import { Later } from './later.ts'
import { proofIn } from './offer.ts'
import { webSockets } from './server.ts'
import type { Rhythm, Rules } from './rules.ts'
import { Talk } from './talk.ts'
import type { Tickets } from './ticket.ts'

/** What only the running app has, and a socket needs. */
export interface SocketCore extends Pick<LiveCore, 'from' | 'away'> {
  readonly authenticate: Authenticate
  /** Throws a 401 for what has been taken back. */
  readonly standing: (identity: Identity) => void
  readonly tickets: Tickets
}

export interface SocketSpec<S extends Sources, G extends object, T, O extends Schema> {
  /** Who may connect, asked anew with every further token. What it grants is handed to `follow`. */
  readonly guard: Guard<G>
  /** The subprotocol, with its version: `shop.live.v1`. Clients offer it, and get it back. */
  readonly protocol: string
  /**
   * What happens under a topic, for one client: the only place with I/O. A topic comes from outside, and whose it is nobody has
   * asked yet. Nothing: there is no such topic. What it throws, at once or later, is the problem that the client gets for it.
   */
  readonly follow: (
    request: { readonly topic: string; readonly after: number } & NoInfer<G> & { readonly from: From<S> },
  ) => AsyncIterable<Followed<T>> | undefined
  /** What leaves of each item. Members that it does not know do not. */
  readonly out: O
  /** What to show of one. Pure. */
  readonly view: (item: NoInfer<T>) => StandardSchemaV1.InferInput<O>
  /** Default: 10 000 sockets of the route, 8 of one client. */
  readonly caps?: Partial<Caps>
  /** Topics of one socket. Default 50. */
  readonly topics?: number
  readonly rhythm?: Partial<Rhythm>
}

/** A `SocketSpec` without its types. */
export interface ErasedSocket {
  readonly guard: Guard
  readonly protocol: string
  readonly follow: (request: never) => AsyncIterable<Followed<unknown>> | undefined
  readonly out: Schema
  readonly view: (item: never) => unknown
  readonly caps?: Partial<Caps>
  readonly topics?: number
  readonly rhythm?: Partial<Rhythm>
}

/** Milliseconds that one question to services may take. */
const budget = 5_000

/**
 * A WebSocket that ends here, over which one client follows many topics: see `messages.ts` for what is said. For apps, not for
 * pages: an origin other than our own is refused, and no cookie counts. Whoever connects proves themselves before the protocol
 * changes, by `Authorization` or, where no header can be set, by a subprotocol: `bff.bearer.<token>`, or `bff.ticket.<ticket>`
 * of a `tickets` route. Never in the URL: a query is refused, for it would be logged. A proof that ends is asked for anew 60 s
 * before, over the socket; without another it closes with 4401, as it does within a second of a revocation.
 */
export function socket(path: `/${string}`, spec: ErasedSocket): Route<SocketCore> {
  const { guard, protocol, caps } = spec
  return {
    methods: ['GET'],
    path,
    guard,
    made: { door: 'own', summary: `WebSocket ${protocol}` },
    bind: () => () => {
      throw problem(426, 'upgrade-required', { headers: { upgrade: 'websocket', connection: 'close, upgrade' } })
    },
    bindUpgrade: (core) => ({
      origins: 'own',
      caps: { route: 10_000, client: 8, ...caps },
      authenticate: (exchange) => prove(core, protocol, exchange),
      take: taking(core, spec),
    }),
  }
}

async function prove({ authenticate, tickets }: SocketCore, protocol: string, exchange: Exchange): Promise<Identity> {
  if (exchange.search !== '')
    throw problem(400, 'malformed-upgrade', { detail: 'A socket takes no query: addresses are logged.' })
  const proof = proofIn(exchange.headers, protocol)
  if (proof === undefined) return authenticate(exchange)
  if (proof.by === 'bearer') return authenticate(bearing(exchange, proof.value, authenticate))
  const identity = await tickets.redeem(proof.value)
  // A ticket does not lengthen the proof that it was given for.
  if (identity === undefined || identity.expiresAt <= Date.now()) throw problem(401, 'ticket-invalid')
  return identity
}

const bearing = (exchange: Exchange, token: string, authenticate: Authenticate): Exchange => {
  const headers = { ...exchange.headers, authorization: `Bearer ${token}` }
  return new Later(exchange, { scope: exchange.scope, budget, headers, authenticate })
}

function taking(core: SocketCore, spec: ErasedSocket): Upgrade['take'] {
  const change = webSockets(spec.protocol)
  const rules = rulesOf(core, spec)
  return async (exchange, req, wire, head, grant) => {
    wire.setMaxListeners(0)
    return new Talk(await change(req, wire, head), wire, { exchange, grant, rules })
  }
}

function rulesOf({ authenticate, standing, from, away }: SocketCore, spec: ErasedSocket): Rules {
  return {
    most: spec.topics ?? 50,
    rhythm: { ping: 25_000, idle: 120_000, ...spec.rhythm },
    ticks: new Ticks(),
    comeBack: away.comeBack,
    open({ exchange: first, grant }, topic, after, scope) {
      const exchange = new Later(first, { scope, budget })
      const asking = { exchange, scope, until: exchange.deadline, heard: [], gathering: new Map() }
      const items = spec.follow({ ...grant, topic, after, from: from(asking) } as never)
      if (items === undefined) throw problem(404, 'topic-unknown')
      return items
    },
    show: (topic, item) => show(topic, spec, spec.view(item as never)),
    async renew(exchange, token) {
      const view = bearing(exchange, token, authenticate)
      const next = await view.authenticate()
      standing(next)
      if (next.user.id !== exchange.identity?.user.id) throw problem(403, 'wrong-subject')
      const grant = await spec.guard(view)
      exchange.identity = next
      return grant
    },
  }
}
