import { factsOf } from '../../credential.ts'
import type { Call, Headers } from '../call.ts'
import { place, spell } from './key.ts'

/**
 * What a client says that makes no other answer, or that is about its own cache: it does not travel with what the cache
 * fetches, so no answer can come to depend on it. No client can knock the cache out with a `Cache-Control` of its own.
 */
const mute = new Set([
  'cache-control',
  'dnt',
  'if-modified-since',
  'if-none-match',
  'max-forwards',
  'pragma',
  'priority',
  'save-data',
  'upgrade-insecure-requests',
  'user-agent',
  'x-requested-with',
])

/** These travel, and count where `Vary` says so (RFC 9110 §12.5). */
const negotiated = ['accept', 'accept-encoding', 'accept-language']

/**
 * A read as the cache asks it. Whatever travels is part of the key, or of `Vary`; whatever is not part of the key does not
 * travel. So nobody can have an answer kept that is not the answer to the key alone.
 */
export class Question {
  /** With the headers that travel. Its conditions are gone: the cache has its own. */
  readonly call: Call
  /** Of whom, and where. */
  readonly place: string
  /** Asked for one user, by a token about this user. */
  readonly private: boolean
  readonly #always: string[] = []
  readonly #facts: string

  constructor(call: Call, user: string) {
    const headers: Record<string, string | readonly string[]> = {}
    for (const name of Object.keys(call.headers)) {
      if (mute.has(name) || name.startsWith('sec-')) continue
      headers[name] = call.headers[name]!
      if (!negotiated.includes(name)) this.#always.push(name)
    }
    if (this.#always.length > 1) this.#always.sort()
    this.call = { ...call, method: 'GET', headers }
    this.private = user !== ''
    this.#facts = this.private ? `\n${factsOf(call.exchange.identity!)}` : ''
    this.place = place(user, call.url)
  }

  /**
   * `vary`: what its answers depend on; all that they could depend on when that is not known. What the service is told of the
   * user always counts: what `Vary: Authorization` would ask for, and more.
   */
  key(vary: readonly string[] = negotiated): string {
    const { headers } = this.call
    const key = this.place + this.#facts + spell(headers, this.#always)
    return vary.length === 0 ? key : `${key}\n${spell(headers, vary)}`
  }
}

/** What is about a part of an answer, or must not be answered by another than the service. */
export const isBeyond = ({ body, headers }: { body: unknown; headers: Headers }): boolean =>
  body !== null ||
  headers['range'] !== undefined ||
  headers['if-match'] !== undefined ||
  headers['if-unmodified-since'] !== undefined
