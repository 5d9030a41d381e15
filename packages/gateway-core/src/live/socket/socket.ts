import type { Authenticate, Caps, Exchange, Guard, Identity, Route, Upgrade } from '../../exchange.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Followed, PathParams, Schema } from '../../contract.ts'
import { problem } from '../../problem.ts'
import type { From, Sources } from '../../sources.ts'
import { room } from '../log.ts'
import { show } from '../show.ts'
import type { LiveCore } from '../streaming.ts'
import { Ticks } from '../ticks.ts'
import { LaterExchange } from './later.ts'
import { closing } from './messages.ts'
import { proofIn } from './offer.ts'
import { finder } from './patterns.ts'
import type { Rhythm, Rules } from './rules.ts'
import { longest, webSockets } from './server.ts'
import { pace, Talk } from './talk.ts'
import type { Tickets } from './ticket.ts'
import { bound } from './topics.ts'

/** What a socket needs of the running app. */
export interface SocketCore extends Pick<LiveCore, 'from' | 'away'> {
  readonly authenticate: Authenticate
  /** Throws a 401 for revoked credentials. */
  readonly standing: (identity: Identity) => void
  readonly tickets: Tickets
}

export interface SocketSpec<S extends Sources, G extends object, P extends string, T, O extends Schema> {
  /** Who may connect, checked again with every new token. What it grants is passed to each of `topics`. */
  readonly guard: Guard<G>
  /** The subprotocol, with its version: `shop.live.v1`. Clients offer it, and get it back. */
  readonly protocol: string
  /**
   * Events of each topic, for one client: the only place with I/O. A topic is named by a pattern, `orders/:id`, where a
   * parameter is letters, digits, `_` and `-`. Danger: parameters are client input, and nothing has checked ownership
   * yet. Errors, at once or later, reach the client as a problem.
   */
  readonly topics: {
    readonly [N in P]: (request: Wanted<N> & NoInfer<G> & { readonly from: From<S> }) => AsyncIterable<Followed<T>>
  }
  /** Schema of each item sent. Unknown members are dropped. */
  readonly out: O
  /** Maps an item to what is sent. Pure. */
  readonly view: (item: NoInfer<T>) => StandardSchemaV1.InferInput<O>
  /** Default: 10 000 sockets per route, 8 per client. */
  readonly caps?: Partial<Caps>
  /** Most topics per socket. Default 50. */
  readonly most?: number
  readonly rhythm?: Partial<Rhythm>
}

/** A client's request: `params` of the topic, and `after`, the last number it knows. */
interface Wanted<Pattern extends string> {
  readonly params: PathParams<`GET ${Pattern}`>
  readonly after: number
}

/** A `SocketSpec` without its type parameters. */
export interface ErasedSocket {
  readonly guard: Guard
  readonly protocol: string
  readonly topics: Readonly<Record<string, (request: never) => AsyncIterable<Followed<unknown>>>>
  readonly out: Schema
  readonly view: (item: never) => unknown
  readonly caps?: Partial<Caps>
  readonly most?: number
  readonly rhythm?: Partial<Rhythm>
}

/** Milliseconds one call to services may take. */
const budget = 5_000

/**
 * A WebSocket terminated here, over which one client follows many topics; for messages see `messages.ts`. For apps, not
 * pages: foreign origins are refused, and cookies are ignored. Clients authenticate before the upgrade, by
 * `Authorization` or, where no header can be set, by a subprotocol: `bff.bearer.<token>`, or `bff.ticket.<ticket>` from
 * a `tickets` route. Never in the URL: queries are refused, as they would be logged. The socket asks for new
 * credentials 60 s before expiry; without them it closes with 4401, as it does within a second of a revocation.
 */
export function socket(path: `/${string}`, spec: ErasedSocket): Route<SocketCore> {
  const { guard, protocol, topics } = spec
  const bounds = boundsOf(spec)
  const find = finder(topics)
  return {
    methods: ['GET'],
    path,
    guard,
    made: { door: 'socket', protocol, topics, lasting: { bounds, ends } },
    bind: () => () => {
      throw problem(426, 'upgrade-required', { headers: { upgrade: 'websocket', connection: 'close, upgrade' } })
    },
    bindUpgrade: (core) => ({
      origins: bounds.origins,
      caps: bounds,
      authenticate: (exchange) => prove(core, protocol, exchange),
      take: taking(core, spec, { bounds, find }),
    }),
  }
}

const boundsOf = ({ caps, most = 50, rhythm }: Pick<ErasedSocket, 'caps' | 'most' | 'rhythm'>) => ({
  route: 10_000,
  client: 8,
  ...caps,
  origins: 'own' as const,
  topics: most,
  message: longest,
  pace,
  heartbeat: rhythm?.ping ?? 25_000,
  idle: rhythm?.idle ?? 120_000,
  unsent: bound,
  replay: room,
})

const ends: readonly string[] = [
  'its client leaves, or does not answer a ping',
  `it follows nothing and sends nothing: ${closing.idle}`,
  `its client sends too much: ${closing.flood} or 1009, or binary messages: ${closing.notText}`,
  `its credentials expire without new ones, or are revoked: ${closing.unproven}`,
  `the new credentials are of another user: ${closing.forbidden}`,
  `this process stops: ${closing.draining}, and when to reconnect`,
]

async function prove({ authenticate, tickets }: SocketCore, protocol: string, exchange: Exchange): Promise<Identity> {
  if (exchange.search !== '')
    throw problem(400, 'malformed-upgrade', { detail: 'A socket takes no query string, since URLs end up in logs.' })
  const proof = proofIn(exchange.headers, protocol)
  if (proof === undefined) return authenticate(exchange)
  if (proof.by === 'bearer') return authenticate(bearing(exchange, proof.value, authenticate))
  const identity = await tickets.redeem(proof.value)
  // A ticket does not extend the credentials it was issued for.
  if (identity === undefined || identity.expiresAt <= Date.now()) throw problem(401, 'ticket-invalid')
  return identity
}

const bearing = (exchange: Exchange, token: string, authenticate: Authenticate): Exchange => {
  const headers = { ...exchange.headers, authorization: `Bearer ${token}` }
  return new LaterExchange(exchange, { scope: exchange.scope, budget, headers, authenticate })
}

interface Declared {
  readonly bounds: ReturnType<typeof boundsOf>
  readonly find: ReturnType<typeof finder<ErasedSocket['topics'][string]>>
}

function taking(core: SocketCore, spec: ErasedSocket, declared: Declared): Upgrade['take'] {
  const change = webSockets(spec.protocol)
  const rules = rulesOf(core, spec, declared)
  return async (exchange, req, wire, head, grant) => {
    wire.setMaxListeners(0)
    return new Talk(await change(req, wire, head), wire, { exchange, grant, rules })
  }
}

function rulesOf(
  { authenticate, standing, from, away }: SocketCore,
  spec: ErasedSocket,
  { bounds, find }: Declared,
): Rules {
  return {
    most: bounds.topics,
    rhythm: { ping: bounds.heartbeat, idle: bounds.idle },
    ticks: new Ticks(),
    comeBack: away.comeBack,
    open({ exchange: first, grant }, topic, after, scope) {
      const exchange = new LaterExchange(first, { scope, budget })
      const asking = { exchange, scope, until: exchange.deadline, heard: [], gathering: new Map() }
      const found = find(topic)
      if (found === undefined) throw problem(404, 'topic-unknown')
      return found.value({ ...grant, params: found.params, after, from: from(asking) } as never)
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
