import type { Exchange, Identity } from './exchange.ts'
import type { FullPolicy } from './policy.ts'

/** Returns the bearer token for a call to an upstream. Throws or rejects when there is none. */
export type Credential = (exchange: Exchange) => string | Promise<string>

/**
 * Issues one of our tokens for an audience: about the user or, without an identity, about this BFF itself. See
 * `internalTokens`.
 */
export type Mint = (audience: string, identity?: Identity) => string

/** Returns a third party's token for this BFF itself; called for every call. See `clientCredentials`. */
export type TokenSource = () => string | Promise<string>

/**
 * What a service learns about the user, as claims (RFC 9068 §2.2, RFC 9470 §6). Nothing else travels: no name, no
 * address, no token. Unknown claims are omitted.
 */
export const claimsOf = ({ user, client, authenticatedAt, acr, sessionId }: Identity) => ({
  sub: user.id,
  client_id: client,
  scope: [...user.scopes].join(' '),
  auth_time: authenticatedAt === undefined ? undefined : Math.floor(authenticatedAt / 1_000),
  acr,
  sid: sessionId,
})

/** The same as one string: no service can tell identities with equal facts apart, so only they may share a response. */
export const factsOf = (identity: Identity): string => JSON.stringify(claimsOf(identity))

/**
 * The credential for calls to an upstream, by its policy. Throws a one-sentence `TypeError` when what the policy needs
 * was not passed in, or what was passed in is not used.
 */
export function credentialOf(
  upstream: string,
  { token, audience = `urn:${upstream}` }: Pick<FullPolicy, 'token' | 'audience'>,
  given: { readonly mint?: Mint | undefined; readonly source?: TokenSource | undefined },
): Credential | undefined {
  const { mint, source } = given
  if (token === 'external') {
    if (source === undefined) throw new TypeError("token is 'external': pass its source as `external`")
    return source
  }
  if (source !== undefined) throw new TypeError(`a token source was passed, but token is '${token}'`)
  if (token === 'none') return undefined
  if (mint === undefined) throw new TypeError(`token is '${token}': pass \`tokens\``)
  if (token === 'client') return () => mint(audience)
  return ({ identity }) => {
    // A bug, not a refusal: a route that calls such an upstream needs a guard that authenticates.
    if (identity === undefined)
      throw new Error(`${upstream} needs a user, but this route's guard does not authenticate`)
    return mint(audience, identity)
  }
}
