import { crc32, deflateSync } from 'node:zlib'
import { type Picture, side } from './picture.ts'
import type { Shape } from './shapes.ts'

/** Samples per side of a pixel that several shapes share, for antialiasing. */
const fine = 3

/** Truecolour, 8 bits a channel (PNG, third edition, §11), `size` pixels a side. */
export function png(picture: Picture, size: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanlines(picture, size))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

/** Three bytes per pixel; each line starts with filter byte 0. */
function scanlines(picture: Picture, size: number): Buffer {
  const shapes = picture.layers.map(({ shape }) => shape)
  const colours = picture.layers.map(({ colour }) => Buffer.from(colour.slice(1), 'hex'))
  const tops = paint(shapes, size)
  const lines = Buffer.alloc(size * (1 + 3 * size))
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const column = picture.mirrored ? size - 1 - x : x
      const at = y * (1 + 3 * size) + 1 + 3 * x
      const colour = isShared(tops, size, column, y)
        ? mean(shapes, colours, size, column, y)
        : colours[tops[y * size + column]!]!
      for (let channel = 0; channel < 3; channel += 1) lines[at + channel] = colour[channel]!
    }
  }
  return lines
}

/** The topmost layer at the centre of each pixel. */
function paint(shapes: readonly Shape[], size: number): Uint8Array {
  const tops = new Uint8Array(size * size)
  for (const [layer, { bounds, covers }] of shapes.entries()) {
    const [left, top, right, bottom] = bounds.map((edge) =>
      Math.round(Math.min(Math.max((edge * size) / side, 0), size)),
    )
    for (let y = top!; y < bottom!; y += 1) {
      for (let x = left!; x < right!; x += 1) {
        if (covers(((x + 0.5) * side) / size, ((y + 0.5) * side) / size)) tops[y * size + x] = layer
      }
    }
  }
  return tops
}

/** Whether a neighbour shows another layer. Most pixels are inside one and need no samples. */
function isShared(tops: Uint8Array, size: number, x: number, y: number): boolean {
  const own = tops[y * size + x]
  const last = size - 1
  const [top, bottom] = [y === 0 ? 0 : y - 1, y === last ? last : y + 1]
  const [left, right] = [x === 0 ? 0 : x - 1, x === last ? last : x + 1]
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) if (tops[row * size + column] !== own) return true
  }
  return false
}

/** The mean colour of a pixel's samples. */
function mean(shapes: readonly Shape[], colours: readonly Buffer[], size: number, x: number, y: number): number[] {
  const samples = size * fine
  let [red, green, blue] = [0, 0, 0]
  for (let row = 0.5; row < fine; row += 1) {
    for (let column = 0.5; column < fine; column += 1) {
      const [px, py] = [((x * fine + column) * side) / samples, ((y * fine + row) * side) / samples]
      const colour = colours[shapes.findLastIndex(({ covers }) => covers(px, py))]!
      red += colour[0]!
      green += colour[1]!
      blue += colour[2]!
    }
  }
  return [red / fine ** 2, green / fine ** 2, blue / fine ** 2]
}
