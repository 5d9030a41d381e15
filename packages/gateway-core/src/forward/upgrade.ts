import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyMiddleware } from 'http-proxy-middleware'
import type { Caps, Exchange, Lasting, SocketSession, Upgrade } from '../exchange.ts'
import type { Headers } from '../road/call.ts'
import { fromClient } from '../road/headers.ts'
import { refusedUpgrade } from '../road/refused-upgrade.ts'
import type { Road } from '../road/road.ts'
import { faultsOfCaps } from '../stream-seats.ts'
import { relay, restart, unproven } from './relay.ts'
import { compileHeaderOps, compilePath, type Rewrite } from './rewrite.ts'

export interface UpgradeSpec {
  /** `https://shop.example`, exactly as browsers send it; see `Upgrade.origins`. */
  readonly origins: readonly string[] | 'any'
  /** Default: 10 000 sockets per route, 32 per client. */
  readonly caps?: Partial<Caps>
  /**
   * Milliseconds without a byte either way before the socket is closed. Default 120 000: let one end ping more often.
   */
  readonly idle?: number
  /** Applied to the request; the upstream's response is only the handshake. */
  readonly rewrite?: Pick<Rewrite, 'path' | 'request'>
}

/** Faults, one sentence each. */
export function faultsOfUpgrade({ origins, caps, idle = 1 }: UpgradeSpec): string[] {
  const strange = origins === 'any' ? [] : origins.filter((origin) => URL.parse(origin)?.origin !== origin)
  return [
    ...(origins.length === 0 ? ["origins is empty: no one could connect; name the sites, or write 'any'"] : []),
    ...strange.map((origin) => `origins: "${origin}" is not an origin: write \`https://shop.example\``),
    ...faultsOfCaps(caps),
    ...(idle > 0 ? [] : ['idle must be more than 0 ms']),
  ]
}

/** Forwards WebSocket upgrades below `prefix` to an upstream. Throws one `TypeError` that lists all faults. */
export function forwardUpgrade(prefix: string, upstream: string, road: Road, spec: UpgradeSpec): Upgrade {
  const faults = faultsOfUpgrade(spec)
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${prefix}: ${fault}`).join('\n'))
  const pathOf = compilePath(prefix, spec.rewrite?.path)
  const change = compileHeaderOps(spec.rewrite?.request ?? [], 'request')
  const { origins, idle, ...caps } = boundsOf(spec)
  const pass = async (exchange: Exchange, req: IncomingMessage, client: Socket, head: Buffer) => {
    const key = req.headers['sec-websocket-key']!
    const { scope, deadline } = exchange
    const reply = await road.upgrade({
      upstream,
      method: 'GET',
      url: pathOf(exchange.path, exchange.params) + exchange.search,
      headers: { ...change(plain(fromClient(req.rawHeaders))), ...asking(req) },
      body: null,
      streamed: true,
      lasting: true,
      until: Math.min(deadline, performance.now() + road.policy.timeout),
      scope,
      exchange,
      upgrade: acceptOf(key),
    })
    const { upgraded } = reply
    if (upgraded === undefined) throw refusedUpgrade(upstream, reply.status, reply.headers)
    const { socket } = upgraded
    if (client.destroyed) return void socket.destroy()
    client.write(switching(reply.headers), 'latin1')
    if (head.length > 0) socket.write(head)
    return relay(client, socket, idle, upgraded.head)
  }
  return { origins, caps, take: throughProxy(pass) }
}

const boundsOf = ({ origins, caps, idle = 120_000 }: Omit<UpgradeSpec, 'rewrite'>) => ({
  route: 10_000,
  client: 32,
  ...caps,
  origins,
  idle,
})

/** Bounds and ends of each forwarded socket. */
export const lastingOf = (spec: Omit<UpgradeSpec, 'rewrite'>): Lasting => ({
  bounds: boundsOf(spec),
  ends: [
    'either end closes or breaks',
    'it is idle in both directions for too long',
    `its credentials expire or are revoked: ${unproven}`,
    `this process stops: ${restart}`,
  ],
})

type PassSocket = (
  exchange: Exchange,
  req: IncomingMessage,
  socket: Socket,
  head: Buffer,
) => Promise<SocketSession | void>

/** Travels through the proxy on the request. */
interface Carried {
  readonly exchange: Exchange
  readonly settle: (passed: Promise<SocketSession | void>) => void
}

const carried = Symbol('upgrade')
type Carrier = IncomingMessage & { [carried]?: Carried }

/** The proxy would destroy the socket on failure; here the error goes to the caller, which answers it. */
function throughProxy(pass: PassSocket): Upgrade['take'] {
  const proxy = createProxyMiddleware({
    // Never dialled.
    target: 'http://upstream.invalid',
    ejectPlugins: true,
    plugins: [
      (server) => {
        server.on('error', (error, req) => (req as Carrier)[carried]?.settle(Promise.reject(error)))
        server.ws = (req, socket, _options, head) => {
          const { exchange, settle } = (req as Carrier)[carried]!
          settle(pass(exchange, req, socket, head as Buffer))
          return Promise.resolve()
        }
      },
    ],
  })
  return (exchange, req, socket, head) =>
    new Promise((resolve) => {
      ;(req as Carrier)[carried] = { exchange, settle: resolve }
      proxy.upgrade(req, socket as Socket, head)
    })
}

const handshake = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol', 'sec-websocket-extensions']

/** Set last, so that neither `Connection` nor a rewrite can remove a part of the handshake. */
function asking({ headers }: IncomingMessage): Record<string, string> {
  const said: Record<string, string> = { connection: 'Upgrade', upgrade: 'websocket' }
  for (const name of handshake) if (headers[name] !== undefined) said[name] = String(headers[name])
  return said
}

function plain(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  delete headers['content-length']
  return headers
}

/** RFC 6455 §4.2.2. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** Passes on only the handshake headers of the upstream. */
function switching(headers: Headers): string {
  const lines = Object.entries(headers)
    .filter(([name]) => name.startsWith('sec-websocket-'))
    .map(([name, value]) => `${name}: ${String(value)}\r\n`)
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines.join('')}\r\n`
}
