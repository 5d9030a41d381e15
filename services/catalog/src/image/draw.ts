import { hash } from 'node:crypto'
import { pictures } from '../data.ts'
import { picture, side } from './picture.ts'
import { png } from './png.ts'
import { svg } from './svg.ts'
import { version } from './version.ts'

export interface Image {
  readonly type: string
  readonly etag: string
  /** The picture's version, see `version.ts`. */
  readonly version: string
  readonly bytes: Buffer
}

/** Draws a product's picture as an SVG, or as a PNG of `size` pixels a side. `undefined` for an unknown product. */
export type Draw = (slug: string, format: 'svg' | 'png', size?: number) => Image | undefined

/** Draws each image on first request and caches at most `room` bytes, least recently used out first. */
export function drawings(room = 8_388_608): Draw {
  const known = new Map<string, Image>()
  let held = 0
  const keep = (key: string, image: Image) => {
    known.set(key, image)
    held += image.bytes.length
    for (const [oldest, { bytes }] of known) {
      if (held <= room) return
      known.delete(oldest)
      held -= bytes.length
    }
  }
  return (slug, format, size = side) => {
    const key = format === 'svg' ? `${slug}.svg` : `${slug}.${size}.png`
    const before = known.get(key)
    if (before === undefined) {
      const image = draw(slug, format, size)
      if (image !== undefined) keep(key, image)
      return image
    }
    known.delete(key)
    known.set(key, before)
    return before
  }
}

function draw(slug: string, format: 'svg' | 'png', size: number): Image | undefined {
  const drawing = pictures.get(slug)
  if (drawing === undefined) return undefined
  const drawn = picture(slug, drawing.motif, drawing.palette)
  const bytes = format === 'svg' ? svg(drawn) : png(drawn, size)
  const etag = `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`
  return { type: format === 'svg' ? 'image/svg+xml' : 'image/png', etag, version: version(drawn), bytes }
}
