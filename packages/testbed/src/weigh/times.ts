/** Milliseconds until an answer was complete. */
export interface Quantiles {
  readonly p50: number
  readonly p95: number
}

/** With cold and with warm caches. */
export interface Times {
  readonly cold: Quantiles
  readonly warm: Quantiles
}

/** Quantiles of sequential runs, after a few discarded ones that open connections and warm up the code. */
export async function quantiles(
  run: () => Promise<unknown>,
  runs: number,
  clock: () => number = () => performance.now(),
): Promise<Quantiles> {
  for (let i = 0; i < runs / 4; i++) await run()
  const taken: number[] = []
  for (let i = 0; i < runs; i++) {
    const start = clock()
    await run()
    taken.push(clock() - start)
  }
  const sorted = taken.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(share * runs) - 1]!
  return { p50: at(0.5), p95: at(0.95) }
}
