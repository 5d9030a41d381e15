import type { Request, RequestHandler, Response } from 'express'
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

/** A reverse proxy in a private network has a trusted address; its clients do not. */
const relayed = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'] as const

export interface Page {
  readonly type: string
  readonly text: string
}

/**
 * Serves these paths to `GET` from trusted socket addresses, but not to requests relayed by a proxy. For everyone else
 * they do not exist.
 */
export function privatePages(
  pages: Readonly<Record<string, () => Page | Promise<Page>>>,
  trusted: (address: string) => boolean,
): RequestHandler {
  const known = new Map(Object.entries(pages))
  return (req, res, next) => {
    const page = known.get(req.url)
    if (page === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    const address = req.socket.remoteAddress
    if (address === undefined || !trusted(address)) return next()
    if (relayed.some((name) => req.headers[name] !== undefined)) return next()
    res.locals['route'] = req.url
    res.locals['chatter'] = true
    return send(page, req, res)
  }
}

async function send(page: () => Page | Promise<Page>, req: Request, res: Response): Promise<void> {
  const { type, text } = await page()
  res.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' })
  res.end(req.method === 'HEAD' ? undefined : text)
}

/** `/metrics`, for Prometheus. */
export const metricsPage =
  ({ contentType, text }: Pick<Metrics, 'text' | 'contentType'>) =>
  async (): Promise<Page> => ({ type: contentType, text: await text() })
