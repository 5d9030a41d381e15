import { hash } from 'node:crypto'
import type { SealingKeys } from './sealing-keys.ts'
import { seal, unseal } from './seal.ts'
import { type About, endOf, type Visit } from './session-content.ts'

/** Of the entry of a session. It opens nothing, so its owner may know it. */
export const nameOf = (id: string): string => hash('sha256', id)

/**
 * What a session is in the store: `<key>.<about>.<visit>`. The visit is sealed by a key made of the id and of a key of the
 * server, so it takes both to open it: neither what leaks from the store nor a stolen cookie does. What other sessions of its
 * owner are told is sealed by the server's key alone, and belongs to that visit. What does not open is `undefined`, never an error: changed, of another
 * entry, or of a key that is not in the ring any more.
 */
export function sessionSeal(keys: SealingKeys) {
  return {
    close: (id: string, visit: Visit): string => {
      const [key, name] = [keys.current, nameOf(id)]
      const about: About = { startedAt: visit.startedAt, endsAt: endOf(visit), agent: visit.agent }
      const told = seal(JSON.stringify(about), keys.derive(key, 'about')!, name)
      return `${key}.${told}.${seal(JSON.stringify(visit), keys.derive(key, 'visit', id)!, name + told)}`
    },
    open: (id: string, sealed: string): Visit | undefined => {
      const [key = '', told = '', text = ''] = sealed.split('.')
      return parse(text, keys.derive(key, 'visit', id), nameOf(id) + told) as Visit | undefined
    },
    about: (name: string, sealed: string): About | undefined => {
      const [key = '', text = ''] = sealed.split('.', 2)
      return parse(text, keys.derive(key, 'about'), name) as About | undefined
    },
  }
}

function parse(text: string, key: Uint8Array | undefined, context: string): unknown {
  const plain = key === undefined ? undefined : unseal(text, key, context)
  return plain === undefined ? undefined : JSON.parse(plain)
}
