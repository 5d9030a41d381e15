import { factsOf } from '../../credential.ts'
import type { FullPolicy } from '../../policy.ts'
import { Body } from '../body.ts'
import { Flight } from '../cache/flight.ts'
import { place, spell, userOf } from '../cache/key.ts'
import type { Call, Filter, Headers, Service } from '../call.ts'

/** A response whose bytes all callers share. */
interface Whole {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

interface Shared {
  readonly flight: Flight
  readonly whole: Promise<Whole>
}

/**
 * Equal concurrent reads share one call: GET or HEAD, without a body, not streamed, with the same URL and headers and,
 * where a user's token is sent, the same facts about the user. Failures are shared too; nothing is stored. A response
 * over `maxBytes` is the fault `malformed`.
 *
 * Place it outside `deadline`, which limits the shared call: that has the first caller's time, and callers with less
 * leave sooner. It outlives its first caller while others wait.
 */
export function coalesce(token: FullPolicy['token'], maxBytes: number): Filter {
  const underWay = new Map<string, Shared>()
  return async (call, next) => {
    const key = keyOf(call, token)
    if (key === undefined) return next(call)
    let shared = underWay.get(key)
    if (shared === undefined || shared.flight.scope.ended) {
      const begun = begin(call, next, maxBytes)
      const over = () => {
        if (underWay.get(key) === begun) underWay.delete(key)
      }
      begun.whole.then(over, over)
      underWay.set(key, begun)
      shared = begun
    }
    const { status, headers, bytes } = await shared.flight.wait(call, shared.whole)
    return { status, headers, body: Body.of(bytes) }
  }
}

function keyOf(call: Call, token: FullPolicy['token']): string | undefined {
  if (call.streamed || call.body !== null || (call.method !== 'GET' && call.method !== 'HEAD')) return undefined
  const user = userOf(call, token)
  if (user === undefined) return undefined
  const names = Object.keys(call.headers)
  if (names.length > 1) names.sort()
  const facts = token === 'user' ? `\n${factsOf(call.exchange.identity!)}` : ''
  return `${call.method} ${place(user, call.url)}${spell(call.headers, names)}${facts}`
}

function begin(call: Call, next: Service, maxBytes: number): Shared {
  const flight = new Flight(call.until)
  return { flight, whole: read({ ...call, scope: flight.scope }, next, maxBytes) }
}

async function read(call: Call, next: Service, maxBytes: number): Promise<Whole> {
  const { status, headers, body } = await next(call)
  return { status, headers, bytes: await body.bytes(maxBytes, call.upstream) }
}
