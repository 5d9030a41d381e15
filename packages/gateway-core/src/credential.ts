import type { Exchange, Identity } from './exchange.ts'
import type { FullPolicy } from './policy.ts'

/** The bearer token that an upstream sees with a call. Throws, or rejects, when there is none to be had. */
export type Credential = (exchange: Exchange) => string | Promise<string>

/** A token of ours for one audience: about who asks or, without an identity, about this BFF itself. See `internalTokens`. */
export type Mint = (audience: string, identity?: Identity) => string

/** A token of somebody else's, for this BFF itself. It is asked for each call. See `clientCredentials`. */
export type TokenSource = () => string | Promise<string>

/**
 * What a service is told of who asks, as claims (RFC 9068 §2.2, RFC 9470 §6). Nothing else of them travels: no name, no
 * address, no token. What is not known is left out.
 */
export const claimsOf = ({ user, client, authenticatedAt, acr, sessionId }: Identity) => ({
  sub: user.id,
  client_id: client,
  scope: [...user.scopes].join(' '),
  auth_time: authenticatedAt === undefined ? undefined : Math.floor(authenticatedAt / 1_000),
  acr,
  sid: sessionId,
})

/** The same as one text: whose facts are equal, no service can tell apart, so they may share an answer. Others never may. */
export const factsOf = (identity: Identity): string => JSON.stringify(claimsOf(identity))

/** What calls to an upstream carry, by its policy. Throws a sentence when what the policy wants was not handed in, or nobody wants what was. */
export function credentialOf(
  upstream: string,
  { token, audience = `urn:${upstream}` }: Pick<FullPolicy, 'token' | 'audience'>,
  given: { readonly mint?: Mint | undefined; readonly source?: TokenSource | undefined },
): Credential | undefined {
  const { mint, source } = given
  if (token === 'external') {
    if (source === undefined) throw new TypeError("token is 'external': hand in its source, as `external`")
    return source
  }
  if (source !== undefined) throw new TypeError(`a source of tokens was handed in, but token is '${token}'`)
  if (token === 'none') return undefined
  if (mint === undefined) throw new TypeError(`token is '${token}': hand in what makes it, as \`tokens\``)
  if (token === 'client') return () => mint(audience)
  return ({ identity }) => {
    // A bug, not a refusal: a route that calls such an upstream must have a guard that signs somebody in.
    if (identity === undefined) throw new Error(`${upstream} needs a user, but the guard of this route grants none`)
    return mint(audience, identity)
  }
}
