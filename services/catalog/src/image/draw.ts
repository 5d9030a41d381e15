import { hash } from 'node:crypto'
import { pictures } from '../data.ts'
import { picture, side } from './picture.ts'
import { png } from './png.ts'
import { svg } from './svg.ts'
import { version } from './version.ts'

export interface Image {
  readonly type: string
  readonly etag: string
  /** Of the picture, see `version.ts`. */
  readonly version: string
  readonly bytes: Buffer
}

/** Draw a product's picture: an SVG, or a PNG of so many pixels along each edge. `undefined` when there is none of that name. */
export type Draw = (slug: string, format: 'svg' | 'png', size?: number) => Image | undefined

/** Draws what it is first asked for, and remembers at most `room` bytes: what was not asked for the longest goes. */
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
