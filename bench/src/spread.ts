/** The results of several rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** Ratio to the floor round by round, which cancels out whatever slowed both. */
export const ratio = (values: readonly number[], floor: readonly number[]): Spread =>
  spreadOf(values.map((value, i) => value / floor[i]!))
