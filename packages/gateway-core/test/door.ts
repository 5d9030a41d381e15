import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { WebSocketServer } from 'ws'
import type { InternalTokens } from '../src/auth/onward/internal-tokens.ts'
import { credentialOf } from '../src/credential.ts'
import { accessLog } from '../src/edge/access-log.ts'
import { answer } from '../src/edge/answer.ts'
import { closeBehind, wantsWebSocket } from '../src/edge/handshake.ts'
import { notFound, problems } from '../src/edge/problems.ts'
import type { Bound } from '../src/edge/router.ts'
import { type Door, upgrades, type UpgradeSurroundings } from '../src/edge/upgrades.ts'
import type { Guard } from '../src/exchange.ts'
import { forward } from '../src/forward/forward.ts'
import { forwardUpgrade, type UpgradeSpec } from '../src/forward/upgrade.ts'
import { complete, type Policy } from '../src/policy.ts'
import { problem } from '../src/problem.ts'
import { road } from '../src/road/road.ts'
import { secured, type Tls } from '../src/road/tls.ts'
import type { Predicate } from '../src/exchange.ts'
import { silent, standing } from './exchange.ts'
import { identity } from './shop.ts'
import { plainTokens } from './tokens.ts'

export interface Given {
  readonly spec?: Partial<UpgradeSpec>
  readonly guard?: Guard
  readonly policy?: Policy
  /** Default: such as a test can read. */
  readonly tokens?: InternalTokens
  readonly when?: Predicate
  readonly around?: Partial<UpgradeSurroundings>
  readonly tls?: Tls | undefined
}

export const site = 'https://shop.example'

/** A door before one upstream: `/live/*` takes upgrades, `/files/*` takes none. `Authorization: me` signs in. */
export async function doorTo(address: string, given: Given = {}) {
  const { spec, guard = () => ({}), policy = {}, tokens = plainTokens, when, around = {} } = given
  const credential = credentialOf('service', complete(policy), { mint: tokens.mint })
  const way = road(address, policy, { credential, tls: secured(given.tls) })
  const surroundings: UpgradeSurroundings = {
    authenticate: ({ headers }) =>
      headers.authorization === 'me' ? Promise.resolve(identity) : Promise.reject(problem(401, 'token-missing')),
    log: silent,
    budget: 5_000,
    ...around,
  }
  const bound = ['/live', '/files'].map((prefix): Bound => {
    const route = forward(prefix, 'service', { guard, methods: ['GET', 'POST'] })
    const handle = route.bind(standing({ service: way }))
    if (prefix === '/files') return { route, handle }
    const upgrade = forwardUpgrade(prefix, 'service', way, { origins: [site], ...spec })
    return { route: when === undefined ? route : { ...route, when }, handle, upgrade }
  })
  const app = express().use(accessLog(silent), answer(bound, surroundings), notFound, problems)
  const door: Door = upgrades(bound, surroundings)
  const server = createServer({ shouldUpgradeCallback: wantsWebSocket }, (req, res) => {
    closeBehind(req, res)
    app(req, res)
  })
  server.on('upgrade', door.take)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    door,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      door.drain()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await way[Symbol.asyncDispose]()
    },
  }
}

/** A service that says back whatever it is told, and counts its sockets. */
export async function echo() {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered][0] ?? false,
  })
  await once(server, 'listening')
  const asked: { url: string; headers: Readonly<Record<string, unknown>> }[] = []
  server.on('connection', (socket, req) => {
    asked.push({ url: req.url ?? '', headers: req.headers })
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    socket.on('error', () => undefined)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const key = 'dGhlIHNhbXBsZSBub25jZQ=='
/** What proves that the key above was read (RFC 6455 §1.3). */
export const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

/** The bytes of an opening handshake: `changes` puts headers in, replaces them, or with `null` leaves them out. */
export function handshake(
  path = '/live/a',
  changes: Readonly<Record<string, string | null>> = {},
  method = 'GET',
): string {
  const headers: Record<string, string | null> = {
    Host: 'shop.example',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    Origin: site,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...changes,
  }
  const lines = Object.entries(headers).filter(([, value]) => value !== null)
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

export const switched = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`

/** Try until it holds. */
export async function eventually(holds: () => boolean, ms = 2_000): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not after ${ms} ms: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
