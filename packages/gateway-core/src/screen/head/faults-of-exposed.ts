import { fromUpstream } from '../../road/headers.ts'
import type { Exposed } from './exposed.ts'

/** What the gateway says itself of every answer, or what would speak for the whole site (beside the families below). */
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

/** What is wrong with a rule, in sentences for the boot. `upstreams`: all there are, and what they speak. */
export function faultsOfExposed(rule: Exposed, upstreams: Readonly<Record<string, 'http' | 'grpc'>>): string[] {
  return Object.entries(rule).flatMap(([upstream, names]) => {
    if (!Object.hasOwn(upstreams, upstream)) return [`expose: there is no upstream ${upstream}`]
    if (upstreams[upstream] === 'grpc') return [`expose.${upstream}: an answer of gRPC has no headers to let out`]
    return names.flatMap((one, nth) => {
      const fault = names.indexOf(one) < nth ? 'is there twice' : faultOf(one)
      return fault === undefined ? [] : [`expose.${upstream}: ${JSON.stringify(one)} ${fault}`]
    })
  })
}

function faultOf(header: string): string | undefined {
  if (!name.test(header)) return 'is no name of a header in lower case'
  if (header === 'set-cookie') return undefined
  if (ours.has(header) || families.some((family) => header.startsWith(family))) return 'is ours to say'
  return Object.keys(fromUpstream({ [header]: '' })).length === 0 ? 'never leaves the house' : undefined
}
