import type { Credential } from '../../credential.ts'
import type { Exchange } from '../../exchange.ts'
import type { Scope } from '../../scope.ts'
import type { Call, Filter, Reply, Service } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'
import { ours } from '../headers.ts'

/**
 * Add what a service may know about the request and for whom it is made, and how long it may take. Last of all, and anew for
 * each attempt, so that nothing from outside can stand in its place and no attempt is told a time that has passed.
 */
export const onward =
  (credential?: Credential): Filter =>
  (call, next) => {
    const said = credential && authorization(credential, call.exchange, call.upstream, call.scope)
    return typeof said === 'object' ? said.then((then) => send(call, next, then)) : send(call, next, said)
  }

function send(call: Call, next: Service, said: string | undefined): Promise<Reply> {
  const left = Math.floor(call.until - performance.now())
  if (left <= 0) return Promise.reject(new Fault('timeout', call.upstream))
  const headers: Record<string, string | readonly string[]> = { ...call.headers, ...ours(call.exchange) }
  // A socket is open for longer than its handshake may take.
  if (call.upgrade === undefined) headers['x-deadline-ms'] = String(left)
  if (said !== undefined) headers['authorization'] = said
  return next({ ...call, headers })
}

/**
 * What stands in `Authorization`. Most tokens are there at once; one that has to be fetched is waited for as long as the call
 * lasts, and an upstream for which none can be had is spared (fault `open`).
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

/** The same as a header, for what takes no filters. */
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
