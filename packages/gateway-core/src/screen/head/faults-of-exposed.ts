import { fromUpstream } from '../../road/headers.ts'
import type { Exposed } from './exposed.ts'

/** Headers the gateway sets itself, or that would affect the whole site (besides the families below). */
const ours = new Set([
  'accept-ch',
  'accept-ranges',
  'age',
  'allow',
  'authentication-info',
  'cache-control',
  'cache-status',
  'clear-site-data',
  'critical-ch',
  'date',
  'deprecation',
  'document-policy',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'nel',
  'origin-agent-cluster',
  'permissions-policy',
  'pragma',
  'proxy-authentication-info',
  'ratelimit',
  'ratelimit-policy',
  'referrer-policy',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'retry-after',
  'server-timing',
  'service-worker-allowed',
  'set-cookie2',
  'set-login',
  'sourcemap',
  'speculation-rules',
  'status',
  'strict-transport-security',
  'sunset',
  'timing-allow-origin',
  'vary',
  'warning',
  'www-authenticate',
  'x-content-type-options',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-frame-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
])

const families = ['access-control-', 'content-', 'cross-origin-', 'sec-']

const name = /^[a-z0-9!#$%&'*+.^`|~-]+$/

/** Faults of a rule, one sentence each, for boot. `upstreams`: all of them, with their protocol. */
export function faultsOfExposed(rule: Exposed, upstreams: Readonly<Record<string, 'http' | 'grpc'>>): string[] {
  return Object.entries(rule).flatMap(([upstream, names]) => {
    if (!Object.hasOwn(upstreams, upstream)) return [`expose: there is no upstream ${upstream}`]
    if (upstreams[upstream] === 'grpc') return [`expose.${upstream}: a gRPC response has no headers to expose`]
    return names.flatMap((one, nth) => {
      const fault = names.indexOf(one) < nth ? 'is listed twice' : faultOf(one)
      return fault === undefined ? [] : [`expose.${upstream}: ${JSON.stringify(one)} ${fault}`]
    })
  })
}

function faultOf(header: string): string | undefined {
  if (!name.test(header)) return 'is not a lower-case header name'
  if (header === 'set-cookie') return undefined
  if (ours.has(header) || families.some((family) => header.startsWith(family))) return 'is set by the gateway'
  return Object.keys(fromUpstream({ [header]: '' })).length === 0 ? 'is never forwarded' : undefined
}
