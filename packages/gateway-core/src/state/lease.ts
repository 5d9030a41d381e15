import { randomUUID } from 'node:crypto'
import type { Store } from './store.ts'

/** Exclusive right to do something, across all processes, while it is renewed. */
export interface Lease extends AsyncDisposable {
  /** `false` once another may hold it. Check before each step that only the holder may take. */
  held(): boolean
  /** Resolves when it is lost. */
  readonly lost: Promise<void>
}

/**
 * Acquires the named lease; `undefined` while another holds it. It is renewed every third of `ttl` (milliseconds) until
 * disposed. If the holder dies, it expires after `ttl`; a holder that was suspended, or got no timely answer from the
 * store, has lost it and `lost` resolves.
 *
 * A lease cannot stop a holder that is suspended between check and action. Its final write must therefore name what it
 * read under the lease (`{ was }`): the store refuses it once a successor has written.
 */
export async function lease(store: Store, name: string, ttl = 5_000): Promise<Lease | undefined> {
  const [key, owner] = [`lease:${name}`, randomUUID()]
  // Measured from before each request, so never later than the store's own expiry.
  let until = performance.now() + ttl
  if (!(await store.set(key, owner, ttl, 'if-absent'))) return undefined
  const { promise: lost, resolve } = Promise.withResolvers<void>()
  const lose = (): void => {
    until = 0
    clearInterval(timer)
    resolve()
  }
  const renew = async (): Promise<void> => {
    const asked = performance.now()
    if (asked >= until) return lose()
    const kept = await store.set(key, owner, ttl, { was: owner }).catch(() => undefined)
    if (kept === false) lose()
    else if (kept === true && until > 0) until = asked + ttl
  }
  const timer = setInterval(() => void renew(), ttl / 3)
  return {
    held: () => performance.now() < until,
    lost,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      until = 0
      // If it cannot be released, it expires.
      await store.delete(key, owner).catch(() => undefined)
    },
  }
}
