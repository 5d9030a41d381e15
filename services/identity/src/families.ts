import type { Provider } from 'oidc-provider'

/** A sign-in that ended. Its access tokens must be refused from now on. */
export interface Ended {
  readonly grantId: string
  readonly clientId: string | undefined
  /** The endpoint that ended it. `token`: a code or refresh token was reused, so somebody else may hold it. */
  readonly by: string
  /** `jti` of its unexpired access tokens; their signatures stay valid. */
  readonly accessTokens: readonly string[]
}

interface Family {
  readonly clientId: string
  /** Expiry by `jti`, epoch seconds. */
  readonly tokens: Map<string, number>
  ended?: string
}

/** Tracks which access tokens belong to which sign-in, while any of them is valid. */
export function families(tell: (ended: Ended) => void, clock = () => Date.now()) {
  // Ordered by the latest token.
  const known = new Map<string, Family>()
  const now = () => clock() / 1_000
  const alive = ({ tokens }: Family) => [...tokens].filter(([, expiry]) => expiry > now()).map(([jti]) => jti)

  return (provider: Provider): void => {
    provider.on('access_token.issued', ({ grantId, jti, exp, expiration, clientId = '' }) => {
      const { ended, tokens } = known.get(grantId) ?? {}
      const recent = [...(tokens ?? [])].filter(([, expiry]) => expiry > now())
      const family: Family = { clientId, tokens: new Map(recent).set(jti, exp ?? now() + expiration) }
      if (ended !== undefined) family.ended = ended
      known.delete(grantId)
      known.set(grantId, family)
      for (const [oldest, candidate] of known) {
        if (alive(candidate).length > 0) break
        known.delete(oldest)
      }
      // A refresh was in flight when its sign-in ended.
      if (ended !== undefined) tell({ grantId, clientId, by: ended, accessTokens: [jti] })
    })
    provider.on('grant.revoked', ({ oidc }, grantId) => {
      const family = known.get(grantId)
      if (family !== undefined) family.ended = oidc.route
      const clientId = family?.clientId ?? oidc.client?.clientId
      tell({ grantId, clientId, by: oidc.route, accessTokens: family === undefined ? [] : alive(family) })
    })
  }
}
