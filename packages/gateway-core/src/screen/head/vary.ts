/**
 * `Vary` (RFC 9110 §12.5.5) of an answer that depends on these request headers, of whatever part of it; `undefined` when it
 * depends on none. Each name may be a list. What a route depends on is known at the boot: no need to ask for each answer.
 *
 * Name every header that the contract of the route reads, that its `when` tells apart by, and what negotiates (encoding,
 * language). Name what carries the user (`cookie` or `authorization`) wherever a guard looks for one, and for those whom it
 * does not find as well: a browser that somebody else uses now must not show what it has kept for the one before, and
 * `private` alone does not keep it from that (RFC 9111 §4.1).
 */
export function vary(names: readonly string[]): string | undefined {
  const each = new Set(
    names
      .flatMap((name) => name.toLowerCase().split(','))
      .map((name) => name.trim())
      .filter(Boolean),
  )
  if (each.has('*')) return '*'
  return each.size === 0 ? undefined : [...each].toSorted().join(', ')
}
