interface Listed {
  readonly methods: readonly string[]
  readonly path: string
  readonly guard?: unknown
  readonly place?: string | undefined
}

/** Denies by default: throws one `TypeError` that lists every route without a guard. */
export function refuseUnguarded(routes: readonly Listed[]): void {
  const faults = routes
    .filter(({ guard }) => typeof guard !== 'function')
    .map(({ methods, path, place }) => `${methods.join('|')} ${path}${place === undefined ? '' : ` (${place})`}`)
  if (faults.length > 0)
    throw new TypeError(
      `These routes have no guard. Name one, or \`open\` for public access:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    )
}
