import { hash } from 'node:crypto'
import { Problem } from '../../problem.ts'
import type { SealingKeys } from './sealing-keys.ts'
import { seal, unseal } from './seal.ts'
import { type About, endOf, type Visit } from './session-content.ts'

/** Name of a session's entry. It grants no access, so its owner may know it. */
export const nameOf = (id: string): string => hash('sha256', id)

/**
 * The entry exists, and another process with other keys may be able to open it. Treating it as no session would sign
 * people out during a key rotation.
 */
export class SealingKeyMissing extends Problem {
  constructor(key: string) {
    super(503, 'identity-unavailable', {
      detail: 'Sessions cannot be verified here at present.',
      headers: { 'retry-after': '2' },
      cause: new Error(`sealed with the key ${key}, which this process does not have`),
    })
  }
}

/** For `catch`: ignores entries sealed with another key; rethrows anything else. */
export function ifSealed(error: unknown): 'sealed' {
  if (error instanceof SealingKeyMissing) return 'sealed'
  throw error
}

/**
 * A session's stored form: `<key>.<about>.<visit>`. The visit is sealed with a key derived from the id and a server
 * key, so neither a leaked store nor a stolen cookie opens it alone. What its owner's other sessions see is sealed with
 * the server's key only, and bound to that visit. `undefined` if it does not open: changed, or of another entry. Throws
 * `SealingKeyMissing` if its key is not in the ring.
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
      return parse(text, keys.derive(key, 'visit', id) ?? missing(key), nameOf(id) + told) as Visit | undefined
    },
    about: (name: string, sealed: string): About | undefined => {
      const [key = '', text = ''] = sealed.split('.', 2)
      return parse(text, keys.derive(key, 'about') ?? missing(key), name) as About | undefined
    },
  }
}

/** Only for text shaped like a key id (6 bytes): anything else was never sealed. */
function missing(key: string): undefined {
  if (/^[\w-]{8}$/.test(key)) throw new SealingKeyMissing(key)
}

function parse(text: string, key: Uint8Array | undefined, context: string): unknown {
  const plain = key === undefined ? undefined : unseal(text, key, context)
  return plain === undefined ? undefined : JSON.parse(plain)
}
