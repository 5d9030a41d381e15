import { isIP, type LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Secured } from '../tls.ts'

/** Where one instance of an upstream listens. */
export interface Address {
  /** Scheme, host, port and base path. What was looked up has its IP as the host. */
  readonly url: string
  readonly weight: number
  /** Which part of the traffic it is for: `main`, or what `split` and `shadow` name. */
  readonly arm: string
  /** The name it was looked up under: the `Host` header and the name in its certificate. */
  readonly host?: string
}

/** The same for the same instance, whatever its weight. */
export const keyOf = ({ url, arm, host }: Address): string => `${arm} ${url} ${host ?? ''}`

export interface Endpoint {
  /** With the name, so that the `Host` header and TLS go by it. */
  readonly origin: string
  /** Base path; empty when there is none. */
  readonly base: string
  /** Of the origin, as sockets take it: an IPv6 address without its brackets. */
  readonly hostname: string
  /** All that sockets are told beside host and port, whatever is spoken over them: every connection to an upstream is made with it. */
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
  // Leads the name to the IP.
  return { origin: named, base, hostname: host, connect: { ...secure, lookup: pinned(at) } }
}

const secureTo = (name: string, { context, serverName }: Secured): Endpoint['connect'] => ({
  // An IP address is none that can be asked for (RFC 6066 §3); without a name it is what the certificate must hold.
  servername: serverName ?? (isIP(name) === 0 ? name : ''),
  // Said, because an environment can turn it off where it is not (NODE_TLS_REJECT_UNAUTHORIZED).
  rejectUnauthorized: true,
  ...(context && { secureContext: context }),
})

function pinned(address: string): LookupFunction {
  const family = isIP(address)
  return (_, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family))
}
