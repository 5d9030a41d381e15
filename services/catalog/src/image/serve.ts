import { hash } from 'node:crypto'
import { problem } from '@bff/gateway-core/problem'
import type { ServiceOptions } from '@bff/service-kit'
import { pictures } from '../data.ts'
import { picture } from './picture.ts'
import { png } from './png.ts'
import { svg } from './svg.ts'

interface Image {
  readonly type: string
  readonly etag: string
  readonly bytes: Buffer
}

const formats = {
  svg: { type: 'image/svg+xml', encode: svg },
  png: { type: 'image/png', encode: png },
} as const

const drawn = new Map<string, Image>()

/** `GET /images/<product>.svg` and `.png`, drawn when first asked for. */
export const images: NonNullable<ServiceOptions['raw']> = (req, res, next) => {
  const [, name] = /^\/images\/([^/]+)$/.exec(req.path) ?? []
  if (name === undefined) return next()
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    throw problem(405, 'method-not-allowed', { headers: { allow: 'GET, HEAD' } })
  }
  const image = drawn.get(name) ?? draw(name)
  res.set({
    etag: image.etag,
    'cache-control': 'public, max-age=86400',
    'x-content-type-options': 'nosniff',
  })
  if (isKnown(req.get('if-none-match'), image.etag)) return void res.status(304).end()
  // An SVG opened by itself is a document.
  res.set({ 'content-type': image.type, 'content-security-policy': "default-src 'none'" })
  res.set('content-length', String(image.bytes.length))
  res.end(req.method === 'HEAD' ? undefined : image.bytes)
}

function draw(name: string): Image {
  const [, slug, format] = /^([a-z0-9-]+)\.(svg|png)$/.exec(name) ?? []
  const drawing = pictures.get(slug ?? '')
  if (drawing === undefined) throw problem(404, 'image-not-found')
  const { type, encode } = formats[format as keyof typeof formats]
  const bytes = encode(picture(slug!, drawing.motif, drawing.palette))
  const image = { type, bytes, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"` }
  drawn.set(name, image)
  return image
}

/** RFC 9110 §13.1.2: any tag of the list, compared weakly. */
const isKnown = (ifNoneMatch = '', etag: string): boolean =>
  ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
