import type { Bounds, Lasting } from '../exchange.ts'

type Row = readonly [label: string, text: string]

/** Limits of a long-lived response and what ends it, one row each. */
export const lastingRows = ({ bounds, ends }: Lasting): Row[] => [
  ...boundRows(bounds),
  ...ends.map((one, i): Row => [i === 0 ? 'ends when' : '', one]),
]

/** The same as two texts. */
export const lastingCells = ({ bounds, ends }: Lasting): [bounds: string, ends: string] => [
  boundRows(bounds)
    .map(([label, text]) => `${label}: ${text}`)
    .join('; '),
  ends.join('; '),
]

type BoundTexts = { readonly [B in keyof Bounds]-?: (value: NonNullable<Bounds[B]>, all: Bounds) => Row | undefined }

/** In output order. */
const boundTexts: BoundTexts = {
  route: (most, { client }) => ['open', `${most} at a time, ${client} per client`],
  client: () => undefined,
  origins: (sites) => ['origins', typeof sites === 'string' ? sites : sites.join(', ')],
  topics: (most) => ['topics', `${most} per socket`],
  message: (bytes) => ['message', `${bytes} B`],
  pace: ({ burst, every }) => ['pace', `${burst} messages at once, then one every ${every} ms`],
  heartbeat: (ms) => ['heartbeat', `every ${ms} ms`],
  idle: (ms) => ['idle', `at most ${ms} ms`],
  stalled: (ms) => ['stalled', `at most ${ms} ms`],
  unsent: (bytes) => ['unsent', `above ${bytes} B no source is read`],
  wait: (ms) => ['wait', `at most ${ms} ms`],
  replay: ({ bytes, entries }) => ['replay', `the last ${bytes} B or ${entries} items per feed`],
}

function boundRows(bounds: Bounds): Row[] {
  const rowOf = (name: keyof Bounds): Row | undefined => {
    const value = bounds[name]
    return value === undefined
      ? undefined
      : (boundTexts[name] as (value: never, all: Bounds) => Row | undefined)(value as never, bounds)
  }
  return (Object.keys(boundTexts) as (keyof Bounds)[]).map(rowOf).filter((row) => row !== undefined)
}
