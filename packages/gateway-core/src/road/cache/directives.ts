import type { Headers } from '../call.ts'

/** What `Cache-Control` says. Names in lower case; a directive without a value has an empty one. */
export type Directives = ReadonlyMap<string, string>

const directive = /([\w!#$%&'*+.^`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s",]*)))?/g

/** RFC 9111 §5.2. Of seconds that are said twice the fewer count, as they do for a value that is none: it is stale at once. */
export function directives(headers: Headers): Directives {
  const said = new Map<string, string>()
  for (const [, name = '', quoted, token] of text(headers['cache-control']).matchAll(directive)) {
    const key = name.toLowerCase()
    const value = quoted ?? token ?? ''
    const before = said.get(key)
    said.set(key, before === undefined || ms(value) < ms(before) ? value : before)
  }
  if (headers['cache-control'] === undefined && /\bno-cache\b/i.test(text(headers['pragma']))) said.set('no-cache', '')
  return said
}

/** Seconds as a directive gives them, in milliseconds; `undefined` when it is not there. */
export function seconds(said: Directives, name: string): number | undefined {
  const value = said.get(name)
  return value === undefined ? undefined : ms(value)
}

/** A header as one line, however often it was sent. */
export const text = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.join(', ') ?? '')

/** Length of `Sun, 06 Nov 1994 08:49:37 GMT`: what else `Date.parse` would take is no HTTP date. */
const httpDate = 29

/** Milliseconds since 1970, or `NaN`. */
export const dateOf = (value: string | readonly string[] | undefined): number =>
  typeof value === 'string' && value.length === httpDate ? Date.parse(value) : NaN

const ms = (value: string): number => (/^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1_000 : 0)
