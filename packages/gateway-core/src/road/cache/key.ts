import type { FullPolicy } from '../../policy.ts'
import type { Call, Headers } from '../call.ts'

/**
 * Whose responses a call may see: shared ones (empty), or one user's. `undefined` if the upstream needs a user and
 * there is none, hence no token, or one without an id, who could be anybody.
 */
export function userOf(call: Call, token: FullPolicy['token']): string | undefined {
  if (token !== 'user') return ''
  return call.exchange.identity?.user.id || undefined
}

/** Serialises headers unambiguously: values contain no line breaks. */
export function spell(headers: Headers, names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    const value = headers[name]
    if (value !== undefined) text += `\n${name}:${String(value)}`
  }
  return text
}

/** A user's id may be any text: its length prefix keeps keys unambiguous. */
export const place = (user: string, url: string): string => `${user.length}:${user} ${url}`
