import { type Picture, side } from './picture.ts'

export function svg({ layers, mirrored }: Picture): Buffer {
  const figures = layers.map(({ shape, colour }) => shape.svg(colour)).join('')
  const drawn = mirrored ? `<g transform="matrix(-1 0 0 1 ${side} 0)">${figures}</g>` : figures
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * side}" height="${2 * side}" viewBox="0 0 ${side} ${side}">${drawn}</svg>\n`,
  )
}
