import type { RequestHandler } from 'express'
import type { Metrics } from './metrics.ts'

/** Loopback, RFC 1918, link-local and unique local addresses. */
export const privateNetworks: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fe80::/10',
  'fc00::/7',
]

/** A reverse proxy in a private network has an address that may ask. Those it speaks for have not. */
const relayed = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'] as const

/**
 * Answers `GET /metrics` to callers whose socket comes from a trusted address, and only when they speak for themselves. For
 * all others the path is one that does not exist.
 */
export function metricsEndpoint(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  trusted: (address: string) => boolean,
  path = '/metrics',
): RequestHandler {
  return async (req, res, next) => {
    if (req.url !== path || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    const address = req.socket.remoteAddress
    if (address === undefined || !trusted(address)) return next()
    if (relayed.some((name) => req.headers[name] !== undefined)) return next()
    res.locals['route'] = path
    res.locals['chatter'] = true
    const text = await metrics.text()
    res.writeHead(200, {
      'content-type': metrics.contentType,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    })
    res.end(req.method === 'HEAD' ? undefined : text)
  }
}
