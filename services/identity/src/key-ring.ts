import type { JWK } from 'oidc-provider'
import { signingKey } from './keys.ts'

/** Token signing keys. */
export interface KeyRing {
  /** The first one signs. The second is next, and published early so that verifiers know it in time. */
  readonly keys: readonly JWK[]
  rotate(): Promise<void>
}

export interface KeyRingOptions {
  /** Initial keys: the current one, the next one, then former ones. Missing ones are generated. */
  readonly keys?: readonly JWK[] | undefined
  readonly clock?: () => number
}

/** How long a retired key stays published, in milliseconds: longer than any token lives and any verifier caches the keys. */
const overlap = 2 * 3_600_000

export async function keyRing({ keys = [], clock = Date.now }: KeyRingOptions = {}): Promise<KeyRing> {
  const [current = signingKey(), next = signingKey(), ...before] = keys
  let [signing, following] = await Promise.all([current, next])
  let retired = before.map((key) => ({ key, at: clock() }))
  return {
    get keys() {
      return [signing, following, ...retired.map(({ key }) => key)]
    },
    async rotate() {
      const fresh = await signingKey()
      retired = [{ key: signing, at: clock() }, ...retired.filter(({ at }) => clock() - at < overlap)]
      signing = following
      following = fresh
    },
  }
}
