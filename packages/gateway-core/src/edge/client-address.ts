import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { within } from '../networks.ts'

type Asked = Pick<IncomingMessage, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean }
}

/** Most proxies followed back along a chain. */
const mostHops = 50

/**
 * The client's address: the socket's peer, unless that is a trusted proxy (addresses and ranges; default none). Then it
 * is the right-most address of `X-Forwarded-For` that is not trusted, as anybody may have written what stands further
 * left. A chain with anything but addresses, or longer than 50, is ignored. `Forwarded` (RFC 7239) is not read: two
 * headers could disagree.
 */
export function clientAddress(trusted: readonly string[] = []): (req: Asked) => string {
  const isTrusted = within(trusted)
  return ({ socket, headers }) => {
    const peer = plainAddress(socket.remoteAddress ?? '')
    if (trusted.length === 0 || !isTrusted(peer)) return peer
    const chain = headers['x-forwarded-for']
    return chain === undefined ? peer : (nearest(String(chain), isTrusted) ?? peer)
  }
}

function nearest(chain: string, isTrusted: (address: string) => boolean): string | undefined {
  let end = chain.length
  for (let hops = 0; hops < mostHops; hops++) {
    const comma = end === 0 ? -1 : chain.lastIndexOf(',', end - 1)
    const address = addressIn(chain.slice(comma + 1, end))
    if (address === undefined || comma < 0 || !isTrusted(address)) return address
    end = comma
  }
  return undefined
}

/** Accepts `192.0.2.7`, `192.0.2.7:80`, `2001:db8::7`, `[2001:db8::7]:80`, each optionally quoted. */
function addressIn(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1')
  if (bare.length > 64) return undefined
  const [, v6, v4] = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$|^([0-9.]+):\d{1,5}$/i.exec(bare) ?? []
  const address = v6 ?? v4 ?? bare
  return isIP(address) === 0 || address.includes('%') ? undefined : plainAddress(address)
}

/** Unwraps an IPv4-mapped address (`::ffff:192.0.2.7`), so that a client has one name. */
export const plainAddress = (address: string): string =>
  address.length > 7 && address.slice(0, 7).toLowerCase() === '::ffff:' && isIPv4(address.slice(7))
    ? address.slice(7)
    : address

/** The key of a rate limit: an IPv4 address, or the /56 of an IPv6 one, which one subscriber owns entirely. */
export function limitKey(address: string): string {
  if (!isIPv6(address)) return address
  const [bare = ''] = address.split('%')
  const [head = '', tail] = bare.replace(/[0-9.]+$/, (v4) => (isIPv4(v4) ? '0:0' : v4)).split('::')
  const left = head.split(':').filter((group) => group !== '')
  const right = (tail ?? '').split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const [a, b, c, d] = [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
  return `${[a!, b!, c!, d! & 0xff00].map((group) => group.toString(16)).join(':')}::/56`
}
