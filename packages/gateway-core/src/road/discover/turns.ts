/** Does some work when it is its turn, and settles as the work does. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>

/** At most `limit` at a time; the others wait, in the order they came. */
export function turns(limit: number): Turn {
  const waiting: (() => void)[] = []
  let free = limit
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // Handed over, never given back in between: who comes just now must not overtake.
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
