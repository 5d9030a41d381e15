import { createHash, randomBytes } from 'node:crypto'
import type { Identity } from '../exchange.ts'
import type { Store } from '../state/store.ts'

/**
 * Tickets of 256 bits, each good once: whoever has one is let in as this person. The store knows the digest of a ticket and whom it
 * stands for, so that who reads it can open nothing with that.
 */
export function tickets(store: Pick<Store, 'get' | 'set' | 'delete'>) {
  return {
    async issue(identity: Identity, life: number): Promise<{ ticket: string; expiresIn: number }> {
      const ticket = randomBytes(32).toString('base64url')
      await store.set(keyOf(ticket), written(identity), life, 'if-absent')
      return { ticket, expiresIn: life }
    },
    /** `undefined`: there is none, it is too old, or somebody has used it. */
    async redeem(ticket: string): Promise<Identity | undefined> {
      const key = keyOf(ticket)
      const entry = await store.get(key)
      // Of several that come at once, one deletes it.
      return entry !== undefined && (await store.delete(key, entry.value)) ? read(entry.value) : undefined
    },
  }
}

const keyOf = (ticket: string): string => `ticket:${createHash('sha256').update(ticket).digest('base64url')}`

const written = ({ user, ...identity }: Identity): string =>
  JSON.stringify({ ...identity, user: { ...user, scopes: [...user.scopes] } })

function read(text: string): Identity {
  const { user, ...identity } = JSON.parse(text) as Identity & { readonly user: { readonly scopes: readonly string[] } }
  return { ...identity, user: { ...user, scopes: new Set(user.scopes) } }
}
