import type { FullPolicy } from '../../policy.ts'
import type { Filter } from '../call.ts'
import { Fault } from '../fault.ts'
import { ours } from '../headers.ts'

/**
 * Add what a service may know about the request and its user, and how long it may take. Last of all, and anew for each
 * attempt, so that nothing from outside can stand in its place and no attempt is told a time that has passed.
 */
export const onward =
  (token: FullPolicy['token']): Filter =>
  (call, next) => {
    const left = Math.floor(call.until - performance.now())
    if (left <= 0) return Promise.reject(new Fault('timeout', call.upstream))
    const headers: Record<string, string | readonly string[]> = { ...call.headers, ...ours(call.exchange) }
    headers['x-deadline-ms'] = String(left)
    if (token === 'user') headers['authorization'] = `Bearer ${accessToken(call.exchange, call.upstream)}`
    return next({ ...call, headers })
  }

/** The user's token. A route whose guard signed nobody in cannot call an upstream that needs one: that is a bug, not a refusal. */
export function accessToken(exchange: { identity?: { accessToken: string } }, upstream: string): string {
  if (exchange.identity === undefined)
    throw new Error(`${upstream} needs a user, but the guard of this route grants none`)
  return exchange.identity.accessToken
}
