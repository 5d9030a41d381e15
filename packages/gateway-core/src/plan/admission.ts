import type { Exchange, Guard, Identity } from '../exchange.ts'
import { sampleExchange, somebody } from './exchange.ts'

/** Who may call, as found by running the guard on a sample. */
export interface Admission {
  /** The guard function's name; empty if it has none. */
  readonly guard: string
  /** `anybody`: it required no authentication. `nobody`: it refused a user with every right. */
  readonly who: 'anybody' | 'signed in' | 'nobody'
  /** Whom it lets in, by its own description: see `describedAs`. */
  readonly described?: string
  /** Scopes it checked. */
  readonly scopes: readonly string[]
  /** What it grants; empty if it refused. */
  readonly grant: object
  /** Why it refused. */
  readonly refusal?: string
}

/** An app version above any minimum. */
const headers = { 'x-app-version': '999.0.0' }

/** Runs a guard on a sample request of a user with every right, and records what it checks. */
export async function admissionOf(
  guard: Guard & { readonly describe?: string },
  request: Partial<Exchange> = {},
): Promise<Admission> {
  const scopes = new Set<string>()
  const identity: Identity = somebody((scope) => scopes.add(scope))
  let asked = false
  const described = guard.describe === undefined ? {} : { described: guard.describe }
  const exchange = sampleExchange({
    headers,
    ...request,
    authenticate() {
      asked = true
      exchange.identity = identity
      return Promise.resolve(identity)
    },
  })
  try {
    const grant = await guard(exchange)
    return { guard: guard.name, who: asked ? 'signed in' : 'anybody', ...described, scopes: [...scopes], grant }
  } catch (error) {
    // A described guard may refuse even a user with every right.
    if (guard.describe !== undefined) {
      const grant = asked ? { user: identity.user } : {}
      return { guard: guard.name, who: asked ? 'signed in' : 'anybody', ...described, scopes: [...scopes], grant }
    }
    return { guard: guard.name, who: 'nobody', scopes: [...scopes], grant: {}, refusal: (error as Error).message }
  }
}
