import { isIP } from 'node:net'

/** One entry of an upstream's list of addresses. */
export interface UpstreamTarget {
  /** `static` is used as is; `dns` resolves A and AAAA records, `srv` follows SRV records to them. */
  readonly kind: 'static' | 'dns' | 'srv'
  /** Scheme, host, port and base path, without a trailing slash. */
  readonly url: string
  /** 1 to 1 000, for each resolved address. Default 1. */
  readonly weight: number
  /** Default `main`. */
  readonly arm: string
}

/**
 * Parses an upstream's variable: comma-separated URLs with optional parameters.
 *
 *     http://a:4101, http://b:4101/base;weight=3, http://c:4101;arm=canary
 *     dns+http://catalog.shop.svc.cluster.local:4101
 *     srv+http://_http._tcp.catalog.internal
 *
 * Names after `dns+` and `srv+` must be fully qualified: search list and hosts file are not consulted. With `secure` all
 * must be https. Throws one `TypeError` that lists every fault.
 */
export function parseAddresses(text: string, secure = false): readonly UpstreamTarget[] {
  const faults: string[] = []
  const targets: UpstreamTarget[] = []
  for (const entry of text.split(',')) {
    const [target, wrong] = parseEntry(entry.trim())
    faults.push(...wrong.map((fault) => `${JSON.stringify(entry.trim())} ${fault}`))
    if (targets.some(({ url, arm }) => url === target.url && arm === target.arm))
      faults.push(`${JSON.stringify(entry.trim())} is listed twice`)
    if (secure && target.url.startsWith('http:'))
      faults.push(`${JSON.stringify(entry.trim())} must be https, as tls is given for it`)
    targets.push(target)
  }
  if (targets.every(({ arm }) => arm !== 'main')) faults.push('no address belongs to the arm main')
  if (faults.length > 0) throw new TypeError(`Invalid addresses: ${faults.join('; ')}.`)
  return targets
}

type Parsed = readonly [target: UpstreamTarget, faults: readonly string[]]

function parseEntry(entry: string): Parsed {
  const [address = '', ...parameters] = entry.split(';').map((part) => part.trim())
  const [, prefix, plain = address] = /^(dns|srv)\+(.*)$/.exec(address) ?? []
  const kind = prefix === 'dns' || prefix === 'srv' ? prefix : 'static'
  const { given, unknown } = read(parameters)
  const { weight = '1', arm = 'main' } = given
  const faults = [
    ...faultsOf(plain, kind),
    ...unknown.map((name) => `has an unknown or repeated parameter ${JSON.stringify(name)}`),
    ...(/^(?:[1-9]\d{0,2}|1000)$/.test(weight) ? [] : ['must have an integer weight, 1 to 1000']),
    ...(/^[a-z][a-z0-9-]*$/.test(arm) ? [] : ['must have an arm like canary: a-z, 0-9 and -']),
  ]
  const url = URL.canParse(plain) ? new URL(plain).href.replace(/\/+$/, '') : plain
  return [{ kind, url, weight: Number(weight), arm }, faults]
}

function read(parameters: readonly string[]) {
  const given: { weight?: string; arm?: string } = {}
  const unknown: string[] = []
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=')
    if ((name === 'weight' || name === 'arm') && given[name] === undefined) given[name] = value
    else unknown.push(parameter)
  }
  return { given, unknown }
}

function faultsOf(text: string, kind: UpstreamTarget['kind']): readonly string[] {
  if (!URL.canParse(text)) return ['is no URL']
  const { protocol, username, password, hostname, href } = new URL(text)
  const checks: readonly (readonly [wrong: boolean, fault: string])[] = [
    [protocol !== 'http:' && protocol !== 'https:', 'must be http or https'],
    [username + password !== '', 'must not hold credentials'],
    [/[?#]/.test(href), 'must not have a query or fragment'],
    [kind !== 'static' && isIP(hostname.replace(/^\[|\]$/g, '')) > 0, `is not a name to look up: leave ${kind}+ out`],
    [kind === 'srv' && /:\d+(?:\/|$)/.test(text), 'must not have a port: SRV records provide it'],
  ]
  return checks.filter(([wrong]) => wrong).map(([, fault]) => fault)
}
