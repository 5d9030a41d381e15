import type { PartStatus } from '../contract.ts'
import { isStale } from '../part.ts'
import { type AnyMark, isMark, type Lasting, type Markable } from './mark.ts'

export type Parts = Readonly<Record<string, Markable>>

export type Settled<P> = {
  readonly [N in keyof P]: P[N] extends AnyMark<infer T> ? T : Awaited<P[N]>
}

export interface Outcome<P> {
  readonly values: Settled<P>
  /** Of the parts that are marked, as they are written. */
  readonly statuses: Readonly<Record<string, PartStatus>>
  /** In how many ms each part was there, as they are written. */
  readonly took: Readonly<Record<string, number>>
}

/**
 * Wait for all parts. The first required part that fails rejects the whole at once; the caller then aborts the rest. The
 * order in which they come changes nothing.
 */
export async function settle<P extends Parts>(
  parts: P,
  report: (name: string, error: unknown) => void,
): Promise<Outcome<P>> {
  const start = performance.now()
  const names = Object.keys(parts)
  const took: Record<string, number> = {}
  const statuses: Record<string, PartStatus> = {}
  // Named before any has come, so that they are told in the order in which they are written.
  for (const name of names) {
    took[name] = 0
    if (told(parts[name]!)) statuses[name] = 'ok'
  }
  const values = await Promise.all(
    names.map(async (name) => {
      const part = parts[name]!
      try {
        const value = await (isMark(part) ? part.part : part)
        if (isMark(part) && part.mayBeStale && isStale(part.part)) statuses[name] = 'stale'
        return value
      } catch (error) {
        if (!isMark(part) || part.otherwise === undefined) throw error
        statuses[name] = 'fallback'
        report(name, error)
        return part.otherwise.value
      } finally {
        took[name] = performance.now() - start
      }
    }),
  )
  return { values: Object.fromEntries(names.map((name, i) => [name, values[i]])) as Settled<P>, statuses, took }
}

const told = (part: Markable): boolean => isMark(part) && (part.mayBeStale || part.otherwise !== undefined)

/** The writes that can be undone, in the order in which they are written. */
export const lasting = (parts: Parts): Lasting[] =>
  Object.values(parts).flatMap((part) => (isMark(part) && part.undo !== undefined ? [part as unknown as Lasting] : []))
