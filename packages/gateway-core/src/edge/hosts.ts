import { isIPv6 } from 'node:net'

const shape = /^(?:[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[([0-9a-f:.]+)\])(?::([0-9]{1,5}))?$/

/**
 * The name in a Host header (RFC 9110 §7.2), in lower case and without port; `undefined` if malformed. A trailing dot
 * is malformed: it would make one host two wherever names are compared.
 */
export function hostOf(field: string): string | undefined {
  if (field.length > 255) return undefined
  const name = field.toLowerCase()
  const [whole, v6, port] = shape.exec(name) ?? []
  if (whole === undefined || Number(port ?? 0) > 65_535 || (v6 !== undefined && !isIPv6(v6))) return undefined
  return port === undefined ? name : name.slice(0, -port.length - 1)
}

export type Hosts = (field: string) => 'ours' | 'unknown' | 'malformed'

/**
 * Host names of this gateway, without ports, IPv6 in brackets. An empty list accepts any well-formed name, for
 * development. Throws when a name could match nothing.
 */
export function hosts(allowed: readonly string[]): Hosts {
  const wrong = allowed.filter((name) => hostOf(name) !== name.toLowerCase())
  if (wrong.length > 0) throw new TypeError(`Not names of hosts, without a port: ${wrong.join(', ')}`)
  const ours = new Set(allowed.map((name) => name.toLowerCase()))
  // Clients use the same few names over and over.
  let last: string | undefined
  return (field) => {
    if (field === last) return 'ours'
    const name = hostOf(field)
    if (name === undefined) return 'malformed'
    if (ours.size > 0 && !ours.has(name)) return 'unknown'
    last = field
    return 'ours'
  }
}
