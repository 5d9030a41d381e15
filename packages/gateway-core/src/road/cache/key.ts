import type { FullPolicy } from '../../policy.ts'
import type { Call, Headers } from '../call.ts'

/**
 * What tells whose answers a call may see: nobody's in particular (empty), or one user's. `undefined` when an upstream needs
 * a user and there is none, for whom no token is made, or one without an id, who could be anybody.
 */
export function userOf(call: Call, token: FullPolicy['token']): string | undefined {
  if (token !== 'user') return ''
  return call.exchange.identity?.user.id || undefined
}

/** Some headers by their names, as one string. No two different ones look alike: a value holds no line break. */
export function spell(headers: Headers, names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    const value = headers[name]
    if (value !== undefined) text += `\n${name}:${String(value)}`
  }
  return text
}

/** A user's id is any text at all: its length in front keeps it from reading as more than it is. */
export const place = (user: string, url: string): string => `${user.length}:${user} ${url}`
