import type { PartStatus } from '../contract.ts'

const kept = Symbol('optional')

/** A part that a screen can answer without. */
export interface Optional<T> {
  readonly [kept]: true
  readonly part: PromiseLike<T>
  readonly fallback: NoInfer<T>
}

/** The answer stands in `fallback` when this part fails or is late, and says so in `meta.parts`. */
export const optional = <T>(part: PromiseLike<T>, fallback: NoInfer<T>): Optional<T> => ({
  [kept]: true,
  part,
  fallback,
})

export type Parts = Readonly<Record<string, PromiseLike<unknown> | Optional<unknown>>>

export type Settled<P> = {
  readonly [N in keyof P]: P[N] extends Optional<infer T> ? T : Awaited<P[N]>
}

export interface Outcome<P> {
  readonly values: Settled<P>
  /** Of the optional parts. */
  readonly statuses: Readonly<Record<string, PartStatus>>
}

const isOptional = (part: PromiseLike<unknown> | Optional<unknown>): part is Optional<unknown> => kept in part

/**
 * Wait for all parts. The first required part that fails rejects the whole at once; the caller then aborts the rest.
 * `late` rejects when no more time may be spent: whatever optional part is missing by then falls back.
 */
export async function settle<P extends Parts>(
  parts: P,
  report: (name: string, error: unknown) => void,
): Promise<Outcome<P>> {
  const statuses: Record<string, PartStatus> = {}
  const entries = await Promise.all(
    Object.entries(parts).map(async ([name, part]): Promise<[string, unknown]> => {
      if (!isOptional(part)) return [name, await part]
      try {
        const value = await part.part
        statuses[name] = 'ok'
        return [name, value]
      } catch (error) {
        statuses[name] = 'fallback'
        report(name, error)
        return [name, part.fallback]
      }
    }),
  )
  return { values: Object.fromEntries(entries) as Settled<P>, statuses }
}
