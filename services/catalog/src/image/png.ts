import { crc32, deflateSync } from 'node:zlib'
import { type Picture, side } from './picture.ts'

/** Samples along each edge of a pixel: what smooths slanted edges. */
const fine = 3
const width = side * fine

/** Truecolour, 8 bits a channel (PNG, third edition, §11). */
export function png(picture: Picture): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanlines(picture))),
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

/** Three bytes a pixel, each line after its filter byte 0. */
function scanlines(picture: Picture): Buffer {
  const samples = paint(picture)
  const colours = picture.layers.map(({ colour }) => Buffer.from(colour.slice(1), 'hex'))
  const lines = Buffer.alloc(side * (1 + 3 * side))
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const from = picture.mirrored ? side - 1 - x : x
      blend(samples, colours, from, y, lines.subarray(y * (1 + 3 * side) + 1 + 3 * x))
    }
  }
  return lines
}

/** Of every sample, the topmost layer that covers its middle. */
function paint({ layers }: Picture): Uint8Array {
  const samples = new Uint8Array(width * width)
  for (const [layer, { shape }] of layers.entries()) {
    const [left, top, right, bottom] = shape.bounds.map((edge) => Math.round(Math.min(Math.max(edge, 0), side) * fine))
    for (let y = top!; y < bottom!; y += 1) {
      for (let x = left!; x < right!; x += 1) {
        if (shape.covers((x + 0.5) / fine, (y + 0.5) / fine)) samples[y * width + x] = layer
      }
    }
  }
  return samples
}

/** Write the mean colour of a pixel's samples. */
function blend(samples: Uint8Array, colours: readonly Buffer[], x: number, y: number, pixel: Buffer): void {
  let [red, green, blue] = [0, 0, 0]
  for (let row = y * fine; row < (y + 1) * fine; row += 1) {
    for (let column = x * fine; column < (x + 1) * fine; column += 1) {
      const colour = colours[samples[row * width + column]!]!
      red += colour[0]!
      green += colour[1]!
      blue += colour[2]!
    }
  }
  pixel[0] = red / fine ** 2
  pixel[1] = green / fine ** 2
  pixel[2] = blue / fine ** 2
}
