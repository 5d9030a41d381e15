import type { PartStatus } from '../../contract.ts'

/** How one part of a screen came about. */
export interface Timing {
  readonly name: string
  /** From the start of the screen, or of the part: what it is measured from is up to who measures. */
  readonly ms: number
  readonly status: PartStatus
  /** One word on where it came from, such as `cache`. Anything that could be an address is left out. */
  readonly from?: string | undefined
}

/** Entries of one header, the total among them. Browsers keep 150 timings of a page; heads have limits too. */
const most = 20

/** Characters of a name. */
const longest = 64

/**
 * `Server-Timing` (W3C): one entry per part in the order given, then `total`. It tells names that are in the client's
 * contract anyway, and durations; a page of another site reads them only where `Timing-Allow-Origin` lets it.
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

/** The clock of a process is no finer than this to anybody outside. */
const tenths = (ms: number): number => (ms > 0 && Number.isFinite(ms) ? Math.round(ms * 10) / 10 : 0)

const word = /^[a-z][a-z-]{0,31}$/i

function description(status: PartStatus, from: string | undefined): string {
  const where = from !== undefined && word.test(from) ? from : ''
  if (status === 'ok') return where === '' ? '' : `;desc="${where}"`
  return where === '' ? `;desc="${status}"` : `;desc="${status}, ${where}"`
}
