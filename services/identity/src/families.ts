import type { Provider } from 'oidc-provider'

/** A sign-in that is over. What it got must be refused from now on. */
export interface Ended {
  readonly grantId: string
  readonly clientId: string | undefined
  /** The endpoint that ended it. `token`: a code or a refresh token was used again, so someone else may hold it too. */
  readonly by: string
  /** `jti` of its access tokens that have not expired. They verify until they do. */
  readonly accessTokens: readonly string[]
}

interface Family {
  readonly clientId: string
  /** Expiry by `jti`, epoch seconds. */
  readonly tokens: Map<string, number>
  ended?: string
}

/** Keeps in mind which access tokens belong to which sign-in, for as long as one of them may be in use. */
export function families(tell: (ended: Ended) => void, clock = () => Date.now()) {
  // The one that got a token last comes last.
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
      // A refresh that was under way when its sign-in ended.
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
