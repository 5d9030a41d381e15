import type { Heard } from '../../road/asking.ts'

/**
 * Service response headers that a screen passes on: `{ catalog: ['x-total-count'] }`, lower-case names. Danger: with
 * `set-cookie` a service may set every cookie of this site, including the session's.
 */
export type Exposed = Readonly<Record<string, readonly string[]>>

/**
 * The headers to pass on, independent of the order of responses. Values of several services form one list (RFC 9110
 * §5.3), each value once; cookies stay separate lines, as they cannot be joined (RFC 6265 §3). `rule` must be free of
 * faults, see `faultsOfExposed`.
 */
export function exposed(rule: Exposed, heard: readonly Heard[]): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  for (const [name, values] of collect(rule, heard)) found[name] = name === cookies ? values : values.join(', ')
  return found
}

const cookies = 'set-cookie'

function collect(rule: Exposed, heard: readonly Heard[]): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { upstream, headers } of inOrder(rule, heard)) {
    for (const name of rule[upstream]!) {
      const value = headers![name]
      if (value === undefined || isOfConnection(name, headers!['connection'])) continue
      const values = found.get(name) ?? []
      for (const one of typeof value === 'string' ? [value] : value) if (!values.includes(one)) values.push(one)
      found.set(name, values)
    }
  }
  return found
}

/** Sorted, also by value as two calls of one URL may differ: arrival order must not matter. */
function inOrder(rule: Exposed, heard: readonly Heard[]): readonly Heard[] {
  const some = heard.filter(
    ({ upstream, status, headers }) => status < 400 && headers !== undefined && Object.hasOwn(rule, upstream),
  )
  if (some.length < 2) return some
  return some.toSorted((a, b) => {
    const one = compare(a.upstream, b.upstream) || compare(a.key, b.key) || compare(a.url, b.url)
    return one || compare(spell(rule, a), spell(rule, b))
  })
}

const spell = (rule: Exposed, { upstream, headers }: Heard): string =>
  JSON.stringify(rule[upstream]!.map((name) => headers![name] ?? null))

/** By code unit: locale order could differ between machines. */
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** RFC 9110 §7.6.1: what `Connection` lists ends with the connection. */
const isOfConnection = (name: string, listed: string | readonly string[] | undefined): boolean =>
  listed !== undefined &&
  listed !== 'keep-alive' &&
  String(listed)
    .toLowerCase()
    .split(',')
    .some((one) => one.trim() === name)
