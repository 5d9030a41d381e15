import type { Identity } from '../../exchange.ts'
import { endOf, type Session } from './session-content.ts'
import { nameOf } from './session-seal.ts'

/** Memoized per opened session: a warm session costs nothing. */
export function sessionIdentities(client: string): (session: Session, id: string) => Identity {
  const made = new WeakMap<Session, Identity>()
  return (session, id) => {
    const known = made.get(session)
    if (known !== undefined) return known
    const identity = identityOf(session, id, client)
    made.set(session, identity)
    return identity
  }
}

function identityOf(session: Session, id: string, client: string): Identity {
  const { claims, scope } = session
  const { iat, auth_time: authTime, acr } = claims
  return {
    user: { id: claims.sub, scopes: new Set(scope.split(' ')), claims },
    by: 'session',
    client,
    // Not the provider's `sid`: one sign-in there may create several sessions here.
    sessionId: nameOf(id),
    issuedAt: typeof iat === 'number' ? iat * 1_000 : 0,
    expiresAt: endOf(session),
    authenticatedAt: typeof authTime === 'number' ? authTime * 1_000 : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
  }
}
