import type { Policy } from '../../policy.ts'
import type { Filter } from '../call.ts'
import { ours } from '../headers.ts'

/** Add what a service may know about the request and its user. Last, so that nothing from outside can stand in its place. */
export const onward =
  (token: NonNullable<Policy['token']>): Filter =>
  (call, next) => {
    const headers: Record<string, string | readonly string[]> = { ...call.headers, ...ours(call.exchange) }
    if (token === 'user') headers['authorization'] = `Bearer ${accessToken(call.exchange, call.upstream)}`
    return next({ ...call, headers })
  }

/** The user's token. A route whose guard signed nobody in cannot call an upstream that needs one: that is a bug, not a refusal. */
export function accessToken(exchange: { identity?: { accessToken: string } }, upstream: string): string {
  if (exchange.identity === undefined)
    throw new Error(`${upstream} needs a user, but the guard of this route grants none`)
  return exchange.identity.accessToken
}
