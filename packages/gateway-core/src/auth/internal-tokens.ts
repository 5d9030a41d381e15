import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Logger } from 'pino'
import { claimsOf, factsOf, type Mint } from '../credential.ts'
import type { Identity } from '../exchange.ts'
import { type KeyRing, type KeySet, newKeyRing } from './key-ring.ts'

/** `typ` of these tokens (RFC 8725 §3.11): nothing that takes access or ID tokens takes one, nor the other way round. */
export const INTERNAL = 'internal+jwt'

/** Seconds. */
const LIFETIME = 60
/** Milliseconds before its end from which on a token is not shown any more: as long as a call and a wrong clock may take. */
const SPARE = 20_000
const MOST = 10_000

export interface InternalTokensOptions {
  /** This program, such as `web-bff`: the tokens are issued by `urn:<name>`, and say that it is who acts. */
  readonly name: string
  /** Absent: a key made for this run, which its log says. Processes of one name need the same. */
  readonly keys?: KeyRing | undefined
  readonly log: Pick<Logger, 'info'>
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export interface InternalTokens {
  readonly mint: Mint
  /** To be published: what services check the tokens with. */
  readonly keySet: KeySet
}

/**
 * Makes what a service sees in place of what a client has shown us: a JWT of ours (RFC 9068, but for its `typ`), good for one
 * service and one minute. About a user it says who acts for them (`act`, RFC 8693 §4.1); without an identity it is about this
 * program itself, and nobody else. One is made for each audience and all that it would say, and used until 20 s before its
 * end, so a `jti` is seen many times. Signing takes about 30 µs; 10 000 are kept.
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
    // The first is always the one that ends first.
    minted.delete(key)
    minted.set(key, { token, until: Math.floor(now / 1_000 + LIFETIME) * 1_000 - SPARE })
    if (minted.size > MOST) minted.delete(minted.keys().next().value!)
    return token
  }
  return { mint, keySet: keys.keySet }
}

function sign(name: string, audience: string, identity: Identity | undefined, { kid, key }: KeyRing, iat: number) {
  if (identity?.user.id === '') throw new Error('a token about nobody would be about anybody')
  const about = identity ? { ...claimsOf(identity), act: { sub: name } } : { sub: name, client_id: name }
  const claims = { iss: `urn:${name}`, aud: audience, ...about, jti: randomUUID(), iat, exp: iat + LIFETIME }
  return jwt.sign(claims, key, { algorithm: 'ES256', keyid: kid, header: { alg: 'ES256', typ: INTERNAL } })
}
