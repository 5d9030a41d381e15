import type { Exchange, Guard, Identity } from '../exchange.ts'
import { sampleExchange, somebody } from './exchange.ts'

/** Who may, as the guard itself shows when a sample comes by. */
export interface Admission {
  /** Name of the guard's function; empty when it has none. */
  readonly guard: string
  /** `anybody`: it asked nobody to sign in. `nobody`: it refused somebody who may everything. */
  readonly who: 'anybody' | 'signed in' | 'nobody'
  /** Whom it lets in, in its own words: see `describedAs`. */
  readonly described?: string
  /** Scopes it looked for. */
  readonly scopes: readonly string[]
  /** What it grants; empty when it refused. */
  readonly grant: object
  /** Why it refused. */
  readonly refusal?: string
}

/** Of an app that is newer than any demand. */
const headers = { 'x-app-version': '999.0.0' }

/** Let a sample through a guard, with somebody who may everything, and see what it asks. */
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
    // It said whom it lets in, and that is not everybody who may everything.
    if (guard.describe !== undefined) {
      const grant = asked ? { user: identity.user } : {}
      return { guard: guard.name, who: asked ? 'signed in' : 'anybody', ...described, scopes: [...scopes], grant }
    }
    return { guard: guard.name, who: 'nobody', scopes: [...scopes], grant: {}, refusal: (error as Error).message }
  }
}
