import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Shape, shapes } from './shapes.ts'

/** Side of the square, in shape units. */
export const side = 256

/** Coloured shapes, bottom layer first. */
export interface Picture {
  readonly layers: readonly { readonly shape: Shape; readonly colour: string }[]
  /** Flipped horizontally. */
  readonly mirrored: boolean
}

type Paint = 'wall' | 'table' | 'halo' | 'main' | 'accent' | 'ink' | 'pop'
type Tone = Paint | 'shade' | 'deep'
type Layer = readonly [kind: string, tone: Tone, ...numbers: number[]]

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../data/${name}.json`), 'utf8'))

const motifs = read('motifs') as Readonly<Record<string, readonly Layer[]>>
const palettes = read('palettes') as Readonly<Record<string, Readonly<Record<Paint, string>>>>

/** An object on a table in front of a wall. The name determines the rest: what hangs on the wall, and on which side. */
export function picture(name: string, motif: string, palette: string): Picture {
  const [form, place, mirror] = hash('sha256', name, 'buffer')
  const x = 80 + (place! % 7) * 8
  const halos: readonly Layer[] = [
    ['disc', 'halo', x, 104, 72, 72],
    ['box', 'halo', x - 56, 36, 128, 172, 64],
    ['box', 'halo', x - 52, 32, 120, 144, 4],
  ]
  const colours = tones(palettes[palette]!)
  const scene: readonly Layer[] = [
    ['box', 'wall', 0, 0, side, side],
    halos[form! % halos.length]!,
    ['box', 'table', 0, 200, side, 56],
    ...motifs[motif]!,
  ]
  return {
    layers: scene.map(([kind, tone, ...numbers]) => ({ shape: shapes[kind]!(...numbers), colour: colours[tone] })),
    mirrored: mirror! % 2 === 1,
  }
}

/** Adds the tones of the table's shadow and the object's dark side. */
function tones(paints: Readonly<Record<Paint, string>>): Readonly<Record<Tone, string>> {
  const { table, main, ink } = paints
  return { ...paints, shade: mix(table, ink, 0.2), deep: mix(main, ink, 0.35) }
}

/** `#rrggbb` of `a` mixed with `share` of `b`. */
function mix(a: string, b: string, share: number): string {
  const [from, to] = [a, b].map((colour) => Buffer.from(colour.slice(1), 'hex')) as [Buffer, Buffer]
  return `#${Buffer.from(from.map((value, at) => Math.round(value + (to[at]! - value) * share))).toString('hex')}`
}
