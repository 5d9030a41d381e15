/**
 * `Vary` (RFC 9110 §12.5.5) of a response that depends on these request headers; `undefined` without any. Each name may
 * be a list. A route's are known at boot: no need to compute it per response.
 *
 * Name every header that the route's contract reads, that its `when` tests, and that negotiates (encoding, language).
 * Name the credentials (`cookie` or `authorization`) wherever a guard looks for them, also for responses to anonymous
 * users: a browser must not show its next user what it cached for the last, and `private` alone does not prevent that
 * (RFC 9111 §4.1).
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
