import type { PartStatus } from '../contract.ts'
import { isStale } from '../part.ts'
import { type AnyMark, isMark, type UndoableWrite, type Markable } from './mark.ts'

export type Parts = Readonly<Record<string, Markable>>

export type Settled<P> = {
  readonly [N in keyof P]: P[N] extends AnyMark<infer T> ? T : Awaited<P[N]>
}

export interface Outcome<P> {
  readonly values: Settled<P>
  /** Of the marked parts, in declaration order. */
  readonly statuses: Readonly<Record<string, PartStatus>>
  /** Milliseconds each part took, in declaration order. */
  readonly took: Readonly<Record<string, number>>
}

/**
 * Waits for all parts. The first required part to fail rejects at once; the caller then aborts the rest. Completion
 * order does not affect the outcome.
 */
export async function settle<P extends Parts>(
  parts: P,
  report: (name: string, error: unknown) => void,
): Promise<Outcome<P>> {
  const start = performance.now()
  const names = Object.keys(parts)
  const took: Record<string, number> = {}
  const statuses: Record<string, PartStatus> = {}
  // Initialised first, to keep declaration order.
  for (const name of names) {
    took[name] = 0
    if (hasStatus(parts[name]!)) statuses[name] = 'ok'
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

const hasStatus = (part: Markable): boolean => isMark(part) && (part.mayBeStale || part.otherwise !== undefined)

/** The undoable writes, in declaration order. */
export const undoable = (parts: Parts): UndoableWrite[] =>
  Object.values(parts).flatMap((part) =>
    isMark(part) && part.undo !== undefined ? [part as unknown as UndoableWrite] : [],
  )
