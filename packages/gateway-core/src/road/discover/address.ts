import { isIP, type LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Secured } from '../tls.ts'

/** Where one instance of an upstream listens. */
export interface Address {
  /** Scheme, host, port and base path. A resolved name has its IP as host. */
  readonly url: string
  readonly weight: number
  /** Its part of the traffic: `main`, or an arm of `split` or `shadow`. */
  readonly arm: string
  /** The name it was resolved from, for the `Host` header and its certificate. */
  readonly host?: string
}

/** Identifies an instance, whatever its weight. */
export const keyOf = ({ url, arm, host }: Address): string => `${arm} ${url} ${host ?? ''}`

export interface Endpoint {
  /** By name, for the `Host` header and TLS. */
  readonly origin: string
  /** Base path, or empty. */
  readonly base: string
  /** The origin's host as sockets take it: IPv6 without brackets. */
  readonly hostname: string
  /** Socket options beside host and port, for every connection to the upstream, whatever the protocol. */
  readonly connect: Pick<ConnectionOptions, 'lookup' | 'rejectUnauthorized' | 'secureContext' | 'servername'>
}

/** How to connect to an address. */
export function endpointOf({ url, host }: Pick<Address, 'url' | 'host'>, tls: Secured = {}): Endpoint {
  const { protocol, origin, hostname, port, pathname } = new URL(url)
  const base = pathname === '/' ? '' : pathname
  const at = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'https:' ? secureTo(host ?? at, tls) : {}
  if (host === undefined) return { origin, base, hostname: at, connect: secure }
  const named = `${protocol}//${host}${port === '' ? '' : `:${port}`}`
  // Resolves the name to the IP.
  return { origin: named, base, hostname: host, connect: { ...secure, lookup: pinned(at) } }
}

const secureTo = (name: string, { context, serverName }: Secured): Endpoint['connect'] => ({
  // SNI cannot name an IP address (RFC 6066 §3); without SNI the certificate must contain it.
  servername: serverName ?? (isIP(name) === 0 ? name : ''),
  // Explicit, as NODE_TLS_REJECT_UNAUTHORIZED can turn off the default.
  rejectUnauthorized: true,
  ...(context && { secureContext: context }),
})

function pinned(address: string): LookupFunction {
  const family = isIP(address)
  return (_, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family))
}
