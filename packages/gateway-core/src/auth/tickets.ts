import { createHash, randomBytes } from 'node:crypto'
import type { Identity } from '../exchange.ts'
import type { Store } from '../state/store.ts'

/**
 * Single-use tickets of 256 bits that authenticate their bearer as this identity. The store holds a ticket's digest and
 * its identity, so reading the store opens nothing.
 */
export function tickets(store: Pick<Store, 'get' | 'set' | 'delete'>) {
  return {
    async issue(identity: Identity, life: number): Promise<{ ticket: string; expiresIn: number }> {
      const ticket = randomBytes(32).toString('base64url')
      await store.set(keyOf(ticket), written(identity), life, 'if-absent')
      return { ticket, expiresIn: life }
    },
    /** `undefined`: unknown, expired, or used. */
    async redeem(ticket: string): Promise<Identity | undefined> {
      const key = keyOf(ticket)
      const entry = await store.get(key)
      // Only one of several concurrent calls deletes it.
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
