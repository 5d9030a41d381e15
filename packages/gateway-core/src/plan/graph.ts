/** Dependencies, by name. */
export type Needs = ReadonlyMap<string, ReadonlySet<string>>

/** Transitive reduction: if `c` needs `b`, which needs `a`, then `c` does not list `a`. */
export function direct(needs: Needs): Map<string, readonly string[]> {
  return new Map(
    [...needs].map(([name, all]) => {
      const implied = new Set([...all].flatMap((one) => [...(needs.get(one) ?? [])]))
      return [name, [...all].filter((one) => !implied.has(one))]
    }),
  )
}

/** Which calls can run together if all take equally long: the first wave needs nothing. */
export function waves(needs: Needs): string[][] {
  const found: string[][] = []
  const placed = new Map<string, number>()
  const waveOf = (name: string): number => {
    const known = placed.get(name)
    if (known !== undefined) return known
    const wave = Math.max(0, ...[...(needs.get(name) ?? [])].map((one) => waveOf(one) + 1))
    placed.set(name, wave)
    return wave
  }
  for (const name of needs.keys()) (found[waveOf(name)] ??= []).push(name)
  return found
}

export interface Path {
  /** First to last. */
  readonly names: readonly string[]
  /** Total weight. */
  readonly weight: number
}

/** The heaviest path. Ties go to the one whose end comes first. */
export function critical(needs: Needs, weightOf: (name: string) => number): Path {
  const known = new Map<string, Path>()
  const pathTo = (name: string): Path => {
    const before = known.get(name)
    if (before !== undefined) return before
    const way = heaviest([...(needs.get(name) ?? [])].map(pathTo))
    const path = { names: [...way.names, name], weight: way.weight + weightOf(name) }
    known.set(name, path)
    return path
  }
  return heaviest([...needs.keys()].map(pathTo))
}

const heaviest = (paths: readonly Path[]): Path =>
  paths.reduce((best, one) => (one.weight > best.weight ? one : best), { names: [], weight: 0 })

/**
 * The parts each call belongs to: those that need it, unless another such part needs a strict subset. A call that no
 * part needs belongs to none.
 */
export function owners(calls: readonly string[], parts: Needs): Map<string, readonly string[]> {
  return new Map(
    calls.map((call) => {
      const having = [...parts].filter(([, needs]) => needs.has(call))
      const owning = having.filter(
        ([name, needs]) =>
          !having.some(([other, less]) => other !== name && less.size < needs.size && isPart(less, needs)),
      )
      return [call, owning.map(([name]) => name)]
    }),
  )
}

const isPart = (less: ReadonlySet<string>, of: ReadonlySet<string>): boolean => [...less].every((one) => of.has(one))
