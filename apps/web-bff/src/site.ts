import { join } from 'node:path'
import express, { type RequestHandler, Router } from 'express'

/** The built client: hashed assets cached for good, and its single page for every path a user opens. */
export function site(root: string): RequestHandler {
  const assets = express.static(root, { index: false, fallthrough: true, maxAge: 0, setHeaders: cacheHashed })
  const page: RequestHandler = (req, res, next) => {
    if (!req.accepts('html') || /^\/(?:api|bff|assets)\//.test(req.path)) return next()
    res.setHeader('cache-control', 'no-cache')
    res.sendFile(join(root, 'index.html'))
  }
  return Router().use(assets, page)
}

function cacheHashed(res: { setHeader(name: string, value: string): unknown }, path: string): void {
  if (path.includes('/assets/')) res.setHeader('cache-control', 'public, max-age=31536000, immutable')
}
