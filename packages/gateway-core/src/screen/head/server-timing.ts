import type { PartStatus } from '../../contract.ts'

/** Timing of one part of a screen. */
export interface Timing {
  readonly name: string
  /** From the start of the screen or of the part, as the caller chooses. */
  readonly ms: number
  readonly status: PartStatus
  /** Its source in one word, such as `cache`. Anything that could be an address is omitted. */
  readonly from?: string | undefined
}

/** Entries of one header, including the total. Browsers keep 150 timings per page; heads have limits too. */
const most = 20

/** Longest name, in characters. */
const longest = 64

/**
 * `Server-Timing` (W3C): one entry per part in the given order, then `total`. It reveals durations, and names the
 * client's contract has anyway; other sites read it only with `Timing-Allow-Origin`.
 */
export function serverTiming(parts: readonly Timing[], total: number): string {
  let line = ''
  const many = Math.min(parts.length, most - 1)
  for (let nth = 0; nth < many; nth++) {
    const { name, ms, status, from } = parts[nth]!
    line += `${tokenOf(name)};dur=${tenths(ms)}${description(status, from)}, `
  }
  return `${line}total;dur=${tenths(total)}`
}

const notToken = /[^\w!#$%&'*+.^`|~-]/g

const tokenOf = (name: string): string => name.slice(0, longest).replace(notToken, '_') || '_'

/** Outsiders get no finer clock than tenths of a millisecond. */
const tenths = (ms: number): number => (ms > 0 && Number.isFinite(ms) ? Math.round(ms * 10) / 10 : 0)

const word = /^[a-z][a-z-]{0,31}$/i

function description(status: PartStatus, from: string | undefined): string {
  const where = from !== undefined && word.test(from) ? from : ''
  if (status === 'ok') return where === '' ? '' : `;desc="${where}"`
  return where === '' ? `;desc="${status}"` : `;desc="${status}, ${where}"`
}
