import type { Exchange } from '../exchange.ts'
import { traceparent } from '../trace.ts'
import type { Headers } from './call.ts'

/** RFC 9110 §7.6.1, and their ancestors: they speak about one connection, so they never cross it. */
const hopByHop = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Ours to say, or not a service's business. */
const notFromClients = new Set([
  ...hopByHop,
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'referer',
  'traceparent',
  'tracestate',
  'baggage',
  'x-csrf',
  'x-deadline-ms',
  'x-real-ip',
])

/** Ours to say, or nothing a client needs to know. Cookies are the BFF's own. */
const notFromUpstreams = new Set([...hopByHop, 'alt-svc', 'server', 'set-cookie', 'traceparent', 'via', 'x-powered-by'])

const internal = /^x-(?:forwarded|original|internal|user|auth|rewrite)(?:-|$)/

/** Names that some upstream would read as another name (`x_user_id`), or that are no names for a plain object. */
const disguised = /_|^(?:constructor|prototype)$/

/**
 * What may go on from a client to a service, out of node's `rawHeaders`. What `Connection` lists goes first, so that it
 * cannot be used to remove what is added afterwards.
 */
export function fromClient(raw: readonly string[]): Record<string, string | string[]> {
  return pick(raw, (name) => !notFromClients.has(name) && !internal.test(name) && !disguised.test(name))
}

/** What may go on from a service to a client. */
export function fromUpstream(headers: Headers): Record<string, string | string[]> {
  const raw = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [name, value] : value.flatMap((one) => [name, one]),
  )
  return pick(raw, (name) => !notFromUpstreams.has(name) && !internal.test(name))
}

/** What every service learns from us about the request it serves. */
export function ours(exchange: Exchange): Record<string, string> {
  return {
    traceparent: traceparent(exchange.traceId),
    'x-forwarded-for': exchange.address,
  }
}

function pick(raw: readonly string[], allowed: (name: string) => boolean): Record<string, string | string[]> {
  const listed = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue
    for (const token of (raw[i + 1] ?? '').split(',')) listed.add(token.trim().toLowerCase())
  }
  const kept: Record<string, string | string[]> = {}
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase()
    const value = raw[i + 1] ?? ''
    if (listed.has(name) || !allowed(name)) continue
    const before = kept[name]
    kept[name] = before === undefined ? value : [before, value].flat()
  }
  return kept
}
