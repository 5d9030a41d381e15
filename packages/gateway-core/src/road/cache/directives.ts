import type { Headers } from '../call.ts'

/** Parsed `Cache-Control`. Lower-case names; a directive without a value has an empty one. */
export type Directives = ReadonlyMap<string, string>

const directive = /([\w!#$%&'*+.^`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s",]*)))?/g

/** RFC 9111 §5.2. Of repeated seconds the lower counts; an invalid value counts as 0, stale at once. */
export function directives(headers: Headers): Directives {
  const parsed = new Map<string, string>()
  for (const [, name = '', quoted, token] of text(headers['cache-control']).matchAll(directive)) {
    const key = name.toLowerCase()
    const value = quoted ?? token ?? ''
    const before = parsed.get(key)
    parsed.set(key, before === undefined || ms(value) < ms(before) ? value : before)
  }
  if (headers['cache-control'] === undefined && /\bno-cache\b/i.test(text(headers['pragma'])))
    parsed.set('no-cache', '')
  return parsed
}

/** A directive's seconds, in milliseconds; `undefined` if absent. */
export function seconds(parsed: Directives, name: string): number | undefined {
  const value = parsed.get(name)
  return value === undefined ? undefined : ms(value)
}

/** A header as one line, even if sent repeatedly. */
export const text = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.join(', ') ?? '')

/** Length of `Sun, 06 Nov 1994 08:49:37 GMT`: excludes what else `Date.parse` accepts. */
const httpDate = 29

/** Epoch milliseconds, or `NaN`. */
export const dateOf = (value: string | readonly string[] | undefined): number =>
  typeof value === 'string' && value.length === httpDate ? Date.parse(value) : NaN

const ms = (value: string): number => (/^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1_000 : 0)
