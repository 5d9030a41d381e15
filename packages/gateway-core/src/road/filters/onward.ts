import type { Credential } from '../../credential.ts'
import type { Exchange } from '../../exchange.ts'
import type { Scope } from '../../scope.ts'
import type { Call, Filter, Reply, Service } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'
import { ours } from '../headers.ts'

/**
 * Adds trace, client address, credentials and remaining time for the service. Innermost, and per attempt, so that
 * nothing from outside can replace them and each attempt gets a current deadline.
 */
export const onward =
  (credential?: Credential): Filter =>
  (call, next) => {
    const value = credential && authorization(credential, call.exchange, call.upstream, call.scope)
    return typeof value === 'object' ? value.then((then) => send(call, next, then)) : send(call, next, value)
  }

function send(call: Call, next: Service, value: string | undefined): Promise<Reply> {
  const left = Math.floor(call.until - performance.now())
  if (left <= 0) return Promise.reject(new Fault('timeout', call.upstream))
  const headers: Record<string, string | readonly string[]> = { ...call.headers, ...ours(call.exchange) }
  // A socket outlives its handshake's deadline.
  if (call.upgrade === undefined) headers['x-deadline-ms'] = String(left)
  if (value !== undefined) headers['authorization'] = value
  return next({ ...call, headers })
}

/**
 * Value of `Authorization`. Most tokens are ready; one being fetched is awaited as long as the call lasts, and if none
 * can be had the call fails with `open`.
 */
function authorization(
  credential: Credential,
  exchange: Exchange,
  upstream: string,
  scope: Scope,
): string | Promise<string> {
  const token = credential(exchange)
  return typeof token === 'string' ? `Bearer ${token}` : fetched(token, upstream, scope)
}

/** The same as a header, for callers without filters. */
export async function authorized(
  credential: Credential | undefined,
  exchange: Exchange,
  upstream: string,
  scope: Scope,
): Promise<{ readonly authorization?: string }> {
  return credential === undefined ? {} : { authorization: await authorization(credential, exchange, upstream, scope) }
}

async function fetched(token: Promise<string>, upstream: string, scope: Scope): Promise<string> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const release = scope.onEnd(reject)
  try {
    return `Bearer ${await Promise.race([token, over])}`
  } catch (error) {
    throw scope.ended ? faultOf(error, upstream, scope) : new Fault('open', upstream, error)
  } finally {
    release()
  }
}
