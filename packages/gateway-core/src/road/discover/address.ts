import { isIP, type LookupFunction } from 'node:net'

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
  /** Leads the name to the IP; undefined when the system may look it up. */
  readonly lookup?: LookupFunction
}

/** How to connect to an address. */
export function endpointOf({ url, host }: Pick<Address, 'url' | 'host'>): Endpoint {
  const { protocol, origin, hostname, port, pathname } = new URL(url)
  const base = pathname === '/' ? '' : pathname
  if (host === undefined) return { origin, base }
  const lookup = pinned(hostname.replace(/^\[|\]$/g, ''))
  return { origin: `${protocol}//${host}${port === '' ? '' : `:${port}`}`, base, lookup }
}

function pinned(address: string): LookupFunction {
  const family = isIP(address)
  return (_, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family))
}
