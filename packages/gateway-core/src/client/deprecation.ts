/** A deprecated operation that still answers. */
export interface Deprecation {
  readonly operation: string
  /** RFC 9745. */
  readonly since: Date | undefined
  /** When it will stop answering (RFC 8594). */
  readonly sunset: Date | undefined
}

/** Reports each operation whose responses announce deprecation, once. */
export function deprecations(tell: (deprecation: Deprecation) => void): (operation: string, headers: Headers) => void {
  const told = new Set<string>()
  return (operation, headers) => {
    const since = headers.get('deprecation')
    const sunset = headers.get('sunset')
    if ((since === null && sunset === null) || told.has(operation)) return
    told.add(operation)
    tell({ operation, since: date(Number(since?.slice(1)) * 1_000), sunset: date(Date.parse(sunset ?? '')) })
  }
}

const date = (ms: number): Date | undefined => (Number.isNaN(ms) ? undefined : new Date(ms))
