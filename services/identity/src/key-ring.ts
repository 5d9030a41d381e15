import type { JWK } from 'oidc-provider'
import { signingKey } from './keys.ts'

/** The keys that tokens are signed with. */
export interface KeyRing {
  /** The first one signs. The second one will, and is published already, so that nobody meets it unprepared. */
  readonly keys: readonly JWK[]
  rotate(): Promise<void>
}

export interface KeyRingOptions {
  /** What to begin with: the one that signs, the next one, and those that signed before. What is missing is made. */
  readonly keys?: readonly JWK[] | undefined
  readonly clock?: () => number
}

/** How long a key stays published that signs no more: longer than any token lives, and than anybody keeps a set of keys. */
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
