import type { Method } from './contract.ts'
import type { Exchange, Predicate } from './exchange.ts'
import { drawn, hash } from './hash.ts'
import { within } from './networks.ts'
import { inRange } from './version-range.ts'

/** Absent: any value matches. A RegExp runs on client input: one that backtracks is open to denial of service. */
export type Want = string | RegExp | readonly string[]

export const method = (...methods: readonly Method[]): Predicate => ({
  test: (exchange) => methods.includes(exchange.method as Method),
  describe: `method ${methods.join(' | ')}`,
})

/** By the `Host` header, without its port: `shop.example`, or `*.shop.example` for every name below it. */
export function host(...names: readonly string[]): Predicate {
  const exact = new Set(names.map((name) => name.toLowerCase()))
  const below = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1).toLowerCase())
  return {
    test({ headers }) {
      const given = (headers.host ?? '').replace(/\.?(?::\d+)?$/, '').toLowerCase()
      return exact.has(given) || below.some((end) => given.length > end.length && given.endsWith(end))
    },
    describe: `host ${names.join(' | ')}`,
  }
}

export function header(name: string, want?: Want): Predicate {
  const key = name.toLowerCase()
  const fits = matcher(want)
  return {
    test({ headers }) {
      const value = Object.hasOwn(headers, key) ? headers[key] : undefined
      return value !== undefined && fits(typeof value === 'string' ? value : value.join(', '))
    },
    describe: `header ${key}${wantText(want)}`,
    reads: [key],
  }
}

/** If a name repeats, one value must match. */
export function query(name: string, want?: Want): Predicate {
  const fits = matcher(want)
  return {
    test: (exchange) => exchange.search !== '' && exchange.query.getAll(name).some(fits),
    describe: `query ${name}${wantText(want)}`,
  }
}

/** Names and values match byte for byte. If a name repeats, the first counts. */
export function cookie(name: string, want?: Want): Predicate {
  const fits = matcher(want)
  const start = `${name}=`
  return {
    test({ headers }) {
      const found = headers.cookie?.split(';').find((pair) => pair.trimStart().startsWith(start))
      return found !== undefined && fits(found.trim().slice(start.length))
    },
    describe: `cookie ${name}${wantText(want)}`,
    reads: ['cookie'],
  }
}

/**
 * A stable share of all keys: a client stays on its side. The key is the client's address unless `key` returns a better
 * one; without a key it does not match. Experiments with different `salt` divide clients independently.
 */
export function weight(
  share: number,
  key: (exchange: Exchange) => string | undefined = (exchange) => exchange.address,
  salt = '',
): Predicate {
  if (!(share >= 0 && share <= 1)) throw new TypeError(`weight(${share}): the share must be from 0 to 1`)
  return {
    test(exchange) {
      const given = key(exchange)
      return given !== undefined && drawn(hash(`${salt}\0${given}`), 0) < share
    },
    describe: `weight ${share}${salt === '' ? '' : ` of ${salt}`}`,
    reads: ['*'],
  }
}

/** From a date on: `2027-01-31T00:00:00Z`. */
export function from(date: string, now: () => number = Date.now): Predicate {
  const start = time(date)
  return { test: () => now() >= start, describe: `from ${date}` }
}

/** Before a date. */
export function until(date: string, now: () => number = Date.now): Predicate {
  const end = time(date)
  return { test: () => now() < end, describe: `until ${date}` }
}

export function between(start: string, end: string, now: () => number = Date.now): Predicate {
  if (time(start) >= time(end)) throw new TypeError(`between(${start}, ${end}): the end must be after the start`)
  return all(from(start, now), until(end, now))
}

/** Matches the client's address: `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export function address(...ranges: readonly string[]): Predicate {
  const inside = rangesOf(ranges)
  return {
    test: ({ address }) => inside(address.startsWith('::ffff:') ? address.slice(7) : address),
    describe: `address ${ranges.join(' | ')}`,
    reads: ['*'],
  }
}

/** Matches the version an app reports in `x-app-version`, or in `name`: `appVersion('>=2.3 <4')`. */
export function appVersion(range: string, name = 'x-app-version'): Predicate {
  const fits = inRange(range)
  return {
    test: ({ headers }) => typeof headers[name] === 'string' && fits(headers[name]),
    describe: `${name} ${range}`,
    reads: [name],
  }
}

/** Evaluated in order, up to the first that fails. */
export const all = (...predicates: readonly [Predicate, ...Predicate[]]): Predicate => ({
  test: (exchange) => predicates.every((one) => one.test(exchange)),
  describe: `(${predicates.map((one) => one.describe).join(' and ')})`,
  reads: predicates.flatMap(({ reads = [] }) => reads),
})

export const any = (...predicates: readonly [Predicate, ...Predicate[]]): Predicate => ({
  test: (exchange) => predicates.some((one) => one.test(exchange)),
  describe: `(${predicates.map((one) => one.describe).join(' or ')})`,
  reads: predicates.flatMap(({ reads = [] }) => reads),
})

export const not = (predicate: Predicate): Predicate => ({
  test: (exchange) => !predicate.test(exchange),
  describe: `not ${predicate.describe}`,
  reads: predicate.reads ?? [],
})

function matcher(want: Want | undefined): (value: string) => boolean {
  if (want === undefined) return () => true
  if (typeof want === 'string') return (value) => value === want
  if (!(want instanceof RegExp)) return (value) => want.includes(value)
  if (want.global || want.sticky)
    throw new TypeError(`${want}: a RegExp with the flag g or y keeps state between tests`)
  return (value) => want.test(value)
}

function wantText(want: Want | undefined): string {
  if (want === undefined) return ''
  return want instanceof RegExp
    ? ` ~ ${want}`
    : ` = ${[want]
        .flat()
        .map((one) => JSON.stringify(one))
        .join(' | ')}`
}

function time(date: string): number {
  const at = Date.parse(date)
  if (Number.isNaN(at)) throw new TypeError(`"${date}" is not a date: write \`2027-01-31T00:00:00Z\``)
  return at
}

function rangesOf(ranges: readonly string[]): (address: string) => boolean {
  try {
    return within(ranges)
  } catch (cause) {
    throw new TypeError(`address("${ranges.join('", "')}"): invalid address range`, { cause })
  }
}
