/** Runs work when its turn comes, and settles as the work does. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** At most `limit` run concurrently; the others wait in order. */
export function turns(limit: number): Turn {
  const waiting: (() => void)[] = []
  let free = limit
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // Handed over directly, so that a newcomer cannot overtake.
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
