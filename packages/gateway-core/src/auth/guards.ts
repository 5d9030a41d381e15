import type { Guard, User } from '../exchange.ts'
import { problem } from '../problem.ts'
import { challengeTo } from './challenge.ts'

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
    throw problem(403, 'insufficient-scope', {
      extra: { scope },
      headers: challengeTo(exchange, { error: 'insufficient_scope', scope }),
    })
  }
