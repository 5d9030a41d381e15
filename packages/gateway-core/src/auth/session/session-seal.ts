import { hash } from 'node:crypto'
import { Problem } from '../../problem.ts'
import type { SealingKeys } from './sealing-keys.ts'
import { seal, unseal } from './seal.ts'
import { type About, endOf, type Visit } from './session-content.ts'

/** Of the entry of a session. It opens nothing, so its owner may know it. */
export const nameOf = (id: string): string => hash('sha256', id)

/**
 * The entry is there, and another process may well be able to open it: one that was started with other keys. To take it for no
 * session would sign people out in the middle of a rotation.
 */
export class SealingKeyMissing extends Problem {
  constructor(key: string) {
    super(503, 'identity-unavailable', {
      detail: 'Who is signed in cannot be told here at present.',
      headers: { 'retry-after': '2' },
      cause: new Error(`sealed by the key ${key}, which this process does not have`),
    })
  }
}

/** For `catch`: what is sealed by another key can be done without. Whatever else failed goes on. */
export function ifSealed(error: unknown): 'sealed' {
  if (error instanceof SealingKeyMissing) return 'sealed'
  throw error
}

/**
 * What a session is in the store: `<key>.<about>.<visit>`. The visit is sealed by a key made of the id and of a key of the
 * server, so it takes both to open it: neither what leaks from the store nor a stolen cookie does. What other sessions of its
 * owner are told is sealed by the server's key alone, and belongs to that visit. What does not open is `undefined`: changed, or of
 * another entry. What was sealed by a key that is not in the ring throws `SealingKeyMissing`.
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

/** Only of what can be the name of a key, which are 6 bytes: the rest was sealed by nobody. */
function missing(key: string): undefined {
  if (/^[\w-]{8}$/.test(key)) throw new SealingKeyMissing(key)
}

function parse(text: string, key: Uint8Array | undefined, context: string): unknown {
  const plain = key === undefined ? undefined : unseal(text, key, context)
  return plain === undefined ? undefined : JSON.parse(plain)
}
