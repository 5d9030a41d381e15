import type { Exchange, Guard, Identity, User } from '../exchange.ts'
import { problem } from '../problem.ts'
import { challengeTo } from './bearer/challenge.ts'

/** Anyone, authenticated or not. */
export const open: Guard = () => ({})

/** Requires authentication: 401 otherwise. */
export const signedIn: Guard<{ user: User }> = async (exchange) => ({ user: (await exchange.authenticate()).user })

/** Requires authentication and this scope: 403 `insufficient-scope` otherwise. */
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

/** Names whom a guard lets in, where a sample request cannot find out. */
export const describedAs = <G extends object>(
  describe: string,
  guard: Guard<G>,
): Guard<G> & { readonly describe: string } => Object.assign(guard, { describe })

/** Whether the user owns the resource. Pure: its arguments are all it may use. */
export type Owns = (user: User, exchange: Pick<Exchange, 'params' | 'query'>) => boolean

/**
 * Requires the user that a path parameter names (`owns('id')` of `/users/:id`), or that passes a check.
 *
 * For what a BFF knows by itself. Who owns an order, its service knows and decides: a second rule here could disagree,
 * and the service may have other callers. Refuses with the 404 `route-not-found`, so that probing reveals nothing; with
 * `refuse: 403` as `not-yours`, where existence is no secret. `TypeError` if the path has no such parameter.
 */
export function owns(
  whose: string | Owns,
  { refuse = 404 }: { readonly refuse?: 403 | 404 } = {},
): Guard<{ user: User }> {
  const check = typeof whose === 'string' ? named(whose) : whose
  return describedAs(typeof whose === 'string' ? `the user that :${whose} names` : 'whose it is', async (exchange) => {
    const { user } = await exchange.authenticate()
    if (check(user, exchange)) return { user }
    throw refuse === 404 ? problem(404, 'route-not-found') : problem(403, 'not-yours')
  })
}

const named =
  (parameter: string): Owns =>
  ({ id }, { params }) => {
    if (params[parameter] === undefined) throw new TypeError(`owns("${parameter}"): the path has no :${parameter}`)
    return params[parameter] === id
  }

export interface StepUp {
  /** Longest time in milliseconds since the person last authenticated. */
  readonly maxAge?: number
  /** Accepted authentication contexts (`acr`), the best first. */
  readonly acr?: string | readonly string[]
  /** Login for browsers. Default `/bff/login`. */
  readonly loginUrl?: string
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
}

/**
 * Requires recent or strong enough authentication (RFC 9470): 401 `insufficient-user-authentication` otherwise.
 * `WWW-Authenticate` tells a caller with a token what to request from its provider; `loginUrl` tells a browser where to
 * go, with its page's `returnUrl` appended. An unknown authentication time counts as too long ago.
 */
export function stepUp({ maxAge, acr = [], loginUrl = '/bff/login', clock = Date.now }: StepUp): Guard<{ user: User }> {
  const accepted = typeof acr === 'string' ? [acr] : acr
  if (maxAge === undefined && accepted.length === 0) throw new TypeError('stepUp() requires maxAge or acr')
  if (maxAge !== undefined && !(maxAge >= 0)) throw new TypeError('stepUp(): maxAge must be 0 ms or more')
  const wanted = (named: 'acr' | 'acr_values'): [name: string, value: string][] => [
    ...(accepted.length === 0 ? [] : [[named, accepted.join(' ')] satisfies [string, string]]),
    ...(maxAge === undefined ? [] : [['max_age', String(Math.floor(maxAge / 1_000))] satisfies [string, string]]),
  ]
  const login = `${loginUrl}?${new URLSearchParams(wanted('acr'))}`
  const demands = wanted('acr_values').map(([name, value]) => `${name}="${value}"`)
  const challenge = `Bearer error="insufficient_user_authentication", ${demands.join(', ')}`
  const isRecent = ({ authenticatedAt = -Infinity }: Identity) =>
    maxAge === undefined || clock() - authenticatedAt <= maxAge
  const isStrong = (by: string | undefined) => accepted.length === 0 || (by !== undefined && accepted.includes(by))
  return describedAs(inWords(maxAge, accepted), async (exchange) => {
    const identity = await exchange.authenticate()
    if (isRecent(identity) && isStrong(identity.acr)) return { user: identity.user }
    throw problem(401, 'insufficient-user-authentication', {
      detail: 'Sign in again to do this.',
      ...(identity.by === 'session'
        ? { extra: { loginUrl: login }, headers: { 'www-authenticate': 'Cookie realm="session"' } }
        : { headers: { 'www-authenticate': challenge } }),
    })
  })
}

const inWords = (maxAge: number | undefined, acr: readonly string[]): string =>
  [
    'signed in',
    ...(maxAge === undefined ? [] : [`within the last ${maxAge / 60_000} min`]),
    ...(acr.length === 0 ? [] : [`by ${acr.join(' or ')}`]),
  ].join(' ')

/** The intersection of their grants. */
export type Granted<G extends readonly Guard[]> = G extends readonly [
  Guard<infer First>,
  ...infer Rest extends readonly Guard[],
]
  ? First & Granted<Rest>
  : object

/** Inferred as a plain function, the grant would be resolved too late to type a screen. */
export type Joint<G extends readonly Guard[]> = Guard<Granted<G>> & { readonly guards: G }

/** Requires all guards, run in order: the first refusal counts. Grants what they grant together. */
export function all<const G extends readonly [Guard, ...Guard[]]>(...guards: G): Joint<G> {
  if (guards.length === 0 || guards.some((guard) => typeof guard !== 'function'))
    throw new TypeError('all() requires at least one guard, or it would let anyone in')
  const guard = async (exchange: Exchange) => {
    const together = {}
    for (const one of guards) Object.assign(together, granted(await one(exchange)))
    return together as Granted<G>
  }
  const said = guards.map((one: Guard & { describe?: string }) => one.describe ?? (one.name || 'signed in'))
  const own = guards.some((one) => 'describe' in one)
  return Object.assign(guard, { guards }, own ? { describe: said.join(', ') } : {})
}

/** A guard's grant. Any other return value, e.g. `false`, is a bug and a 500. */
export function granted(answer: unknown): object {
  if (typeof answer === 'object' && answer !== null) return answer
  throw new TypeError('a guard must return an object or throw; this one did neither')
}
