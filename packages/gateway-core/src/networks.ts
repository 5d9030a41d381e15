import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * Whether an address lies in one of these ranges: `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Throws a `TypeError` if one is
 * invalid.
 */
export function within(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  const wrong = ranges.filter((range) => !add(list, range))
  if (wrong.length > 0) throw new TypeError(`Invalid addresses or ranges (example: 10.0.0.0/8): ${wrong.join(', ')}`)
  if (ranges.length === 0) return () => false
  // The same few proxies call all the time, and `BlockList` leaves the engine for every check.
  const known = new Map<string, boolean>()
  return (address) => {
    let inside = known.get(address)
    if (inside === undefined) {
      inside = isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
      if (known.size >= mostKnown) known.clear()
      known.set(address, inside)
    }
    return inside
  }
}

const mostKnown = 1_024

function add(list: BlockList, range: string): boolean {
  const [address = '', bits, more] = range.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const most = version === 4 ? 32 : 128
  if (bits === undefined) list.addAddress(address, family)
  else if (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most) list.addSubnet(address, Number(bits), family)
  else return false
  return true
}
