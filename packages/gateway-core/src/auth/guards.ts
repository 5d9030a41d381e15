import type { Exchange, Guard, Identity, User } from '../exchange.ts'
import { problem } from '../problem.ts'
import { challengeTo } from './bearer/challenge.ts'

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

/** A guard that says itself whom it lets in: for guards that no sample passes, whose sample would be told as `nobody`. */
export const describedAs = <G extends object>(
  describe: string,
  guard: Guard<G>,
): Guard<G> & { readonly describe: string } => Object.assign(guard, { describe })

/** Whether it is theirs. Pure: what it is told is all that it may ask. */
export type Owns = (user: User, exchange: Pick<Exchange, 'params' | 'query'>) => boolean

/**
 * Whoever is signed in and is the user that a path parameter names: `owns('id')` of `/users/:id`. Or whoever a check says.
 *
 * It is for what a BFF knows by itself. Whose an order is, its service knows and decides: a guess made here would be a second
 * truth, and the service may be called by others. Refuses with the 404 `route-not-found`, so that whoever tries names learns
 * nothing; with `refuse: 403` as `not-yours`, where that there is such a thing is no secret. `TypeError` when the path has no
 * such parameter.
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
  /** Milliseconds since the person last proved who they are. */
  readonly maxAge?: number
  /** How they must have done it: any of these (`acr`), the best first. */
  readonly acr?: string | readonly string[]
  /** Where browsers go for it. Default `/bff/login`. */
  readonly loginUrl?: string
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
}

/**
 * Whoever has proved lately, or well, enough who they are (RFC 9470). 401 `insufficient-user-authentication` otherwise: a caller
 * with a token reads in `WWW-Authenticate` what to ask its provider for; a browser finds in `loginUrl` where to go, to which
 * it adds the `returnUrl` of its page. Of whom it is not known when they did it, it was too long ago.
 */
export function stepUp({ maxAge, acr = [], loginUrl = '/bff/login', clock = Date.now }: StepUp): Guard<{ user: User }> {
  const accepted = typeof acr === 'string' ? [acr] : acr
  if (maxAge === undefined && accepted.length === 0) throw new TypeError('stepUp() asks for nothing: say maxAge or acr')
  if (maxAge !== undefined && !(maxAge >= 0)) throw new TypeError('stepUp: maxAge must be milliseconds, 0 or more')
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

/** What all of them grant together. */
export type Granted<G extends readonly Guard[]> = G extends readonly [
  Guard<infer First>,
  ...infer Rest extends readonly Guard[],
]
  ? First & Granted<Rest>
  : object

/** Were it nothing but a function, the compiler would ask for it too late to tell a screen what it grants. */
export type Joint<G extends readonly Guard[]> = Guard<Granted<G>> & { readonly guards: G }

/** Whoever each of them lets in, asked one after the other: the first refusal counts. It grants what they grant, together. */
export function all<const G extends readonly [Guard, ...Guard[]]>(...guards: G): Joint<G> {
  if (guards.length === 0 || guards.some((guard) => typeof guard !== 'function'))
    throw new TypeError('all() is of guards, of one at least: of none it would let anybody in')
  const guard = async (exchange: Exchange) => {
    const together = {}
    for (const one of guards) Object.assign(together, granted(await one(exchange)))
    return together as Granted<G>
  }
  const said = guards.map((one: Guard & { describe?: string }) => one.describe ?? (one.name || 'signed in'))
  const own = guards.some((one) => 'describe' in one)
  return Object.assign(guard, { guards }, own ? { describe: said.join(', ') } : {})
}

/** What a guard grants. One that answers with something else, such as `false`, has let nobody in: that is a bug, and a 500. */
export function granted(answer: unknown): object {
  if (typeof answer === 'object' && answer !== null) return answer
  throw new TypeError('a guard grants an object or throws; this one did neither')
}
