import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Logger } from 'pino'
import { claimsOf, factsOf, type Mint } from '../../credential.ts'
import type { Identity } from '../../exchange.ts'
import { type KeyRing, type PublicKeySet, newKeyRing } from './key-ring.ts'

/**
 * `typ` of these tokens (RFC 8725 §3.11): they cannot be confused with access or ID tokens, nor the other way round.
 */
export const INTERNAL = 'internal+jwt'

/** Seconds. */
const LIFETIME = 60
/** A token is not used in its last milliseconds: allows for a call and clock skew. */
const SPARE = 20_000
const MOST = 10_000

export interface InternalTokensOptions {
  /** This program, e.g. `web-bff`: the issuer is `urn:<name>`, and the actor `name`. */
  readonly name: string
  /** Absent: a key made for this run, which is logged. Processes with the same name need the same keys. */
  readonly keys?: KeyRing | undefined
  readonly log: Pick<Logger, 'info'>
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export interface InternalTokens {
  readonly mint: Mint
  /** To publish: services verify the tokens with it. */
  readonly keySet: PublicKeySet
}

/**
 * Issues the tokens that services see instead of a client's credentials: our own JWT (RFC 9068, except its `typ`),
 * valid for one service and one minute. About a user, it names the actor (`act`, RFC 8693 §4.1); without an identity,
 * it is about this program itself. One is made per audience and set of claims and reused until 20 s before expiry, so
 * services see a `jti` many times. Signing takes about 30 µs; 10 000 are cached.
 */
export function internalTokens(options: InternalTokensOptions): InternalTokens {
  const { name, keys = newKeyRing(), log, clock = Date.now } = options
  if (options.keys === undefined) log.info({ kid: keys.kid }, 'internal tokens are signed with a key made for this run')
  const minted = new Map<string, { readonly token: string; readonly until: number }>()

  const mint = (audience: string, identity?: Identity): string => {
    const key = `${audience} ${identity === undefined ? '' : factsOf(identity)}`
    const known = minted.get(key)
    const now = clock()
    if (known !== undefined && now < known.until) return known.token
    const token = sign(name, audience, identity, keys, Math.floor(now / 1_000))
    // Insertion order is expiry order.
    minted.delete(key)
    minted.set(key, { token, until: Math.floor(now / 1_000 + LIFETIME) * 1_000 - SPARE })
    if (minted.size > MOST) minted.delete(minted.keys().next().value!)
    return token
  }
  return { mint, keySet: keys.keySet }
}

function sign(name: string, audience: string, identity: Identity | undefined, { kid, key }: KeyRing, iat: number) {
  if (identity?.user.id === '') throw new Error('cannot issue a token for an empty user id')
  const about = identity ? { ...claimsOf(identity), act: { sub: name } } : { sub: name, client_id: name }
  const claims = { iss: `urn:${name}`, aud: audience, ...about, jti: randomUUID(), iat, exp: iat + LIFETIME }
  return jwt.sign(claims, key, { algorithm: 'ES256', keyid: kid, header: { alg: 'ES256', typ: INTERNAL } })
}
