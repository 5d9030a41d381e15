import type { Guard, User } from '../exchange.ts'
import { problem } from '../problem.ts'

/** Anybody, known or not. */
export const open: Guard = () => ({})

/** Whoever has proved who they are. 401 otherwise. */
export const signedIn: Guard<{ user: User }> = async (exchange) => ({ user: (await exchange.authenticate()).user })

/** Whoever is signed in and was granted this scope. 403 `insufficient-scope` otherwise. */
export const can =
  (scope: string): Guard<{ user: User }> =>
  async (exchange) => {
    const { user } = await exchange.authenticate()
    if (user.scopes.has(scope)) return { user }
    // Only those who came with a bearer token speak its protocol (RFC 6750 §3.1).
    const challenge = { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` }
    throw problem(403, 'insufficient-scope', {
      extra: { scope },
      headers: exchange.headers.authorization === undefined ? {} : challenge,
    })
  }
