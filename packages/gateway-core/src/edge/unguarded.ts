interface Listed {
  readonly methods: readonly string[]
  readonly path: string
  readonly guard?: unknown
  readonly place?: string | undefined
}

/** Deny by default: throws one `TypeError` that lists every route which says neither who may nor that anybody may. */
export function refuseUnguarded(routes: readonly Listed[]): void {
  const faults = routes
    .filter(({ guard }) => typeof guard !== 'function')
    .map(({ methods, path, place }) => `${methods.join('|')} ${path}${place === undefined ? '' : ` (${place})`}`)
  if (faults.length > 0)
    throw new TypeError(
      `Nobody guards these routes. Name a guard, or \`open\` for what anybody may:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    )
}
