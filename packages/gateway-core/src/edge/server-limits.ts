import type { Server } from 'node:http'
import { connectionsAmong, usual } from './room.ts'

/** Limits of a server's sockets. Times in milliseconds. */
export interface ServerLimits {
  /**
   * Time for a whole head, from the first byte of the connection or the end of the previous request. Default 10 000.
   */
  readonly headTime: number
  /** Time for a whole request, body included. Default 300 000. */
  readonly requestTime: number
  /** Time a connection may wait for its next request. Longer than a proxy before us keeps its own. Default 65 000. */
  readonly idleTime: number
  /** Requests on one connection before it is closed gracefully. Default 10 000. */
  readonly requestsPerConnection: number
  /** Pipelined requests of one connection handled concurrently; others wait. Default 16. */
  readonly pipelined: number
  /** Concurrent connections. Default 10 000, or fewer where the open files limit allows no two descriptors for each. */
  readonly connections: number
  /** Concurrent connections of one address. Default 256. */
  readonly connectionsPerAddress: number
  /** Addresses and ranges exempt from that cap: this machine, and proxies before us. Default loopback. */
  readonly uncounted: readonly string[]
  /** Minimum bytes per second of a body, averaged over each `bodyWindow`. Default 1 024. */
  readonly bodyRate: number
  /** Default 10 000. */
  readonly bodyWindow: number
  /**
   * Longest unwanted body, as announced, that is read and discarded to keep the connection, in bytes. Default 65 536.
   */
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

/** Bytes of a request line and headers together. */
export const headBytes = 16_384

/** Milliseconds between two checks for what is late. */
export const interval = 1_000

/** Throws one error that lists every invalid limit. `files`: the descriptor limit of this process. */
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

/** Sets the limits that node enforces itself. */
export function limit(server: Server, limits: ServerLimits): void {
  server.headersTimeout = limits.headTime
  server.requestTimeout = limits.requestTime
  server.keepAliveTimeout = limits.idleTime
}
