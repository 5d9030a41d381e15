import { createHash } from 'node:crypto'
import type { RequestHandler } from 'express'
import { docsPage } from './docs-page.ts'
import { docsStyle } from './docs-style.ts'
import type { Document } from './document.ts'

interface Page {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string | number>>
}

/**
 * Serves `/openapi.json`, its page at `/docs`, and `/docs/style.css`; other paths pass through. The texts are made
 * once, here. No CORS: scripts of other sites must not read them.
 */
export function documented(document: Document): RequestHandler {
  const pages: ReadonlyMap<string, Page> = new Map([
    ['/openapi.json', page('application/json; charset=utf-8', JSON.stringify(document))],
    ['/docs', page('text/html; charset=utf-8', docsPage(document))],
    ['/docs/style.css', page('text/css; charset=utf-8', docsStyle)],
  ])
  return (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next()
    const [path = ''] = req.url.split('?', 1)
    const found = pages.get(path)
    if (found === undefined) return next()
    res.locals['route'] = path
    const { body, headers } = found
    if (isKnown(req.headers['if-none-match'], headers['etag'] as string)) {
      const { 'content-type': _, 'content-length': __, ...rest } = headers
      res.writeHead(304, rest).end()
      return
    }
    res.writeHead(200, headers)
    res.end(req.method === 'HEAD' ? undefined : body)
  }
}

function page(type: string, text: string): Page {
  const body = Buffer.from(text)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { body, headers: { 'content-type': type, 'content-length': body.length, 'cache-control': 'no-cache', etag } }
}

/** RFC 9110 §13.1.2: weak comparison. */
const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
