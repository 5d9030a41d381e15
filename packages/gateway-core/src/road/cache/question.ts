import { factsOf } from '../../credential.ts'
import type { Call, Headers } from '../call.ts'
import { place, spell } from './key.ts'

/**
 * Headers that do not affect the response, or concern the client's own cache: they are not forwarded by cache fetches,
 * so no response can depend on them. No client can bypass the cache with its own `Cache-Control`.
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

/** Forwarded; part of the key where `Vary` names them (RFC 9110 §12.5). */
const negotiated = ['accept', 'accept-encoding', 'accept-language']

/**
 * A read as the cache sends it. Every forwarded header is part of the key, or of `Vary`; all others are not forwarded.
 * So no client can poison the cache with a response that does not match its key.
 */
export class Question {
  /** With forwarded headers only. Its conditions are dropped: the cache sets its own. */
  readonly call: Call
  /** User and URL. */
  readonly place: string
  /** For one user, by that user's token. */
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
   * `vary`: headers the response depends on; default all it could depend on. Facts about the user sent to the service
   * always count: they cover `Vary: Authorization`, and more.
   */
  key(vary: readonly string[] = negotiated): string {
    const { headers } = this.call
    const key = this.place + this.#facts + spell(headers, this.#always)
    return vary.length === 0 ? key : `${key}\n${spell(headers, vary)}`
  }
}

/** Requests for a part of a response, or that only the service may answer. */
export const isBeyond = ({ body, headers }: { body: unknown; headers: Headers }): boolean =>
  body !== null ||
  headers['range'] !== undefined ||
  headers['if-match'] !== undefined ||
  headers['if-unmodified-since'] !== undefined
