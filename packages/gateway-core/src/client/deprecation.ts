/** An operation that still answers, and will not for ever. */
export interface Deprecation {
  readonly operation: string
  /** RFC 9745. */
  readonly since: Date | undefined
  /** When it stops answering (RFC 8594). */
  readonly sunset: Date | undefined
}

/** Tells of every operation whose answers say that it is deprecated, once. */
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
