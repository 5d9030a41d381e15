import { imageWidths } from '@bff/contracts/catalog'
import { problem } from '@bff/gateway-core/problem'
import type { ServiceOptions } from '@bff/service-kit'
import { drawings, type Image } from './draw.ts'

/** A fixed set, because each width is one more picture to draw and cache. */
const widths: ReadonlyMap<unknown, number> = new Map(imageWidths.map((w) => [String(w), w]))

const draw = drawings()

/**
 * `GET /images/<product>.svg` and `.png`; PNG also without an extension and in the widths above: `?w=240`. A URL with the picture's
 * version (`?v=`) never changes its content.
 */
export const images: NonNullable<ServiceOptions['raw']> = (req, res, next) => {
  const [, name] = /^\/images\/([^/]+)$/.exec(req.path) ?? []
  if (name === undefined) return next()
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    throw problem(405, 'method-not-allowed', { headers: { allow: 'GET, HEAD' } })
  }
  const { w, v } = req.query
  const image = find(name, w)
  res.set({
    etag: image.etag,
    'cache-control': v === image.version ? 'public, max-age=31536000, immutable' : 'public, max-age=86400',
    'x-content-type-options': 'nosniff',
  })
  if (isKnown(req.get('if-none-match'), image.etag)) return void res.status(304).end()
  // An SVG opened directly is a document that could run scripts.
  res.set({ 'content-type': image.type, 'content-security-policy': "default-src 'none'" })
  res.set('content-length', String(image.bytes.length))
  res.end(req.method === 'HEAD' ? undefined : image.bytes)
}

function find(name: string, w: unknown): Image {
  const [, slug, format = 'png'] = /^([a-z0-9-]+)(?:\.(svg|png))?$/.exec(name) ?? []
  if (slug === undefined) throw problem(404, 'image-not-found')
  const size = widths.get(w)
  if (w !== undefined && (size === undefined || format === 'svg')) {
    throw problem(400, 'image-size', { detail: `A PNG can be ${[...widths.values()].join(', ')} pixels wide.` })
  }
  const image = draw(slug, format as 'svg' | 'png', size)
  if (image === undefined) throw problem(404, 'image-not-found')
  return image
}

/** RFC 9110 §13.1.2: any tag of the list, compared weakly. */
const isKnown = (ifNoneMatch = '', etag: string): boolean =>
  ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
