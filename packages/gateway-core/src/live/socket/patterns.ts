export interface Found<V> {
  readonly value: V
  readonly params: Readonly<Record<string, string>>
}

/**
 * Finds the value for a topic by patterns such as `orders/:id`; the first match wins. A parameter is letters, digits,
 * `_` and `-`, so that it is safe in an address. Throws a `TypeError` for a pattern that no topic could match.
 */
export function finder<V>(patterns: Readonly<Record<string, V>>): (topic: string) => Found<V> | undefined {
  const all = Object.entries(patterns).map(([pattern, value]) => ({ fits: compiled(pattern), value }))
  return (topic) => {
    for (const { fits, value } of all) {
      const match = fits.exec(topic)
      if (match !== null) return { value, params: { ...match.groups } }
    }
    return undefined
  }
}

function compiled(pattern: string): RegExp {
  if (!/^(?:(?::[a-z]\w*|[\w-]+)(?:\/|$))+$/i.test(pattern) || pattern.endsWith('/'))
    throw new TypeError(`"${pattern}" is not a pattern like "orders/:id"`)
  return new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[\\w-]+)')}$`)
}
