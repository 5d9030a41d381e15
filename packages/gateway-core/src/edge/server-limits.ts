import type { Server } from 'node:http'
import { connectionsAmong, usual } from './room.ts'

/** What one client may ask of a server's sockets. Times in milliseconds. */
export interface ServerLimits {
  /** For a whole head, from the first byte of the connection or the end of the request before. Default 10 000. */
  readonly headTime: number
  /** For a whole request, body included. Default 300 000. */
  readonly requestTime: number
  /** A connection may wait for its next request. Longer than a proxy before us keeps its own. Default 65 000. */
  readonly idleTime: number
  /** Requests on one connection, after which it is closed in good order. Default 10 000. */
  readonly requestsPerConnection: number
  /** Requests of one connection that are answered at the same time; what was sent ahead waits. Default 16. */
  readonly pipelined: number
  /** Connections at a time. Default 10 000, or fewer where the limit of open files leaves no two for each. */
  readonly connections: number
  /** Connections of one address at a time. Default 256. */
  readonly connectionsPerAddress: number
  /** Addresses and ranges that are not counted: this machine, and proxies before us. Default loopback. */
  readonly uncounted: readonly string[]
  /** Bytes per second that a body must come with, on average over each `bodyWindow`. Default 1 024. */
  readonly bodyRate: number
  /** Default 10 000. */
  readonly bodyWindow: number
  /** Longest announced body that is read and thrown away to keep the connection when nobody wanted it, in bytes. Default 65 536. */
  readonly unread: number
}

export const serverLimits: ServerLimits = {
  headTime: 10_000,
  requestTime: 300_000,
  idleTime: 65_000,
  requestsPerConnection: 10_000,
  pipelined: 16,
  connections: usual,
  connectionsPerAddress: 256,
  uncounted: ['127.0.0.0/8', '::1'],
  bodyRate: 1_024,
  bodyWindow: 10_000,
  unread: 65_536,
}

/** Bytes of a request's line and fields together. */
export const headBytes = 16_384

/** Milliseconds between two looks at what has become late. */
export const interval = 1_000

/** Throws one error that lists every limit that is none. `files`: the most descriptors that this process may have. */
export function limitsOf(
  given: Partial<ServerLimits> = {},
  proxies: readonly string[] = [],
  files = Infinity,
): ServerLimits {
  const merged = { ...serverLimits, ...given }
  const wrong = Object.entries(merged).filter(([, value]) => typeof value === 'number' && !(value > 0))
  if (wrong.length > 0) throw new TypeError(`Limits must be more than 0: ${wrong.map(([name]) => name).join(', ')}`)
  const connections = connectionsAmong(files, given.connections)
  return { ...merged, connections, uncounted: [...merged.uncounted, ...proxies] }
}

/** Set what node itself looks after. */
export function limit(server: Server, limits: ServerLimits): void {
  server.headersTimeout = limits.headTime
  server.requestTimeout = limits.requestTime
  server.keepAliveTimeout = limits.idleTime
}
