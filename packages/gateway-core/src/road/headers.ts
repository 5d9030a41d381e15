import type { Exchange } from '../exchange.ts'
import { traceparent } from '../trace.ts'
import { disguised, hopByHop, internal, notFromClients } from '../travel.ts'
import type { Headers } from './call.ts'

/** Set by the gateway, or of no use to clients. Cookies are the BFF's own. */
const notFromUpstreams = new Set([...hopByHop, 'alt-svc', 'server', 'set-cookie', 'traceparent', 'via', 'x-powered-by'])

type Kept = Record<string, string | string[]>

/**
 * Headers to forward from a client to a service, from node's `rawHeaders`. Those `Connection` lists are removed first,
 * so that it cannot remove what is added afterwards.
 */
export function fromClient(raw: readonly string[]): Kept {
  const kept: Kept = {}
  let listed: Set<string> | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    const value = raw[i + 1]!
    if (name === 'connection') listed = tokens(value, listed)
    else if (!notFromClients.has(name) && !internal.test(name) && !disguised.test(name)) keep(kept, name, value)
  }
  const all = without(kept, listed)
  keep(all, 'via', received)
  return all
}

/** RFC 9110 §7.6.3: appended to earlier `Via` entries. */
const received = '1.1 bff'

/** Headers to forward from a service to a client. */
export function fromUpstream(headers: Headers): Kept {
  const kept: Kept = {}
  let listed: Set<string> | undefined
  for (const name of Object.keys(headers)) {
    const value = headers[name]!
    if (name === 'connection') listed = tokens(String(value), listed)
    else if (!notFromUpstreams.has(name) && !internal.test(name)) kept[name] = value as string | string[]
  }
  return without(kept, listed)
}

/** Client headers that a policy forwards with a screen's calls. */
export function named({ headers: sent }: Exchange, names: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of names) {
    const value = sent[name]
    if (typeof value === 'string') kept[name] = value
  }
  return kept
}

/** Headers that tell every service about the request it serves. */
export function ours(exchange: Exchange): Record<string, string> {
  const { id, sampled, state } = exchange.trace
  const headers: Record<string, string> = {
    traceparent: traceparent(id, sampled),
    'x-forwarded-for': exchange.address,
  }
  if (state !== '') headers['tracestate'] = state
  return headers
}

function keep(kept: Kept, name: string, value: string): void {
  const before = kept[name]
  kept[name] = before === undefined ? value : [before, value].flat()
}

/** Most list only `close` or `keep-alive`, which are never kept. */
function tokens(value: string, before: Set<string> | undefined): Set<string> | undefined {
  if (before === undefined && /^(?:close|keep-alive)$/i.test(value)) return undefined
  const listed = before ?? new Set()
  for (const token of value.split(',')) listed.add(token.trim().toLowerCase())
  return listed
}

function without(kept: Kept, listed: ReadonlySet<string> | undefined): Kept {
  if (listed === undefined) return kept
  return Object.fromEntries(Object.entries(kept).filter(([name]) => !listed.has(name)))
}
