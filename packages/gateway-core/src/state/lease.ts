import { randomUUID } from 'node:crypto'
import type { Store } from './store.ts'

/** The right to be the only one who does something, in all processes, for as long as it is kept up. */
export interface Lease extends AsyncDisposable {
  /** `false` once it may be another's. To be asked before each step that only its holder may take. */
  held(): boolean
  /** Resolves when it is lost, if it ever is. */
  readonly lost: Promise<void>
}

/**
 * Takes the lease of a name; `undefined` while another holds it. It is renewed after each third of `ttl` (milliseconds) until it
 * is disposed of. A holder that dies frees it by doing nothing, after `ttl`; one that slept through it, or that the store did
 * not answer in time, has lost it, and is told.
 *
 * No lease stops a holder who falls asleep between asking and acting. What it writes at the end therefore names what it read
 * under the lease (`{ was }`): the store then refuses it once its successor has written.
 */
export async function lease(store: Store, name: string, ttl = 5_000): Promise<Lease | undefined> {
  const [key, owner] = [`lease:${name}`, randomUUID()]
  // Counted from before each question: by the store's clock it ends later, never earlier.
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
      // What cannot be given back ends by itself.
      await store.delete(key, owner).catch(() => undefined)
    },
  }
}
