/** What any visitor has, known or not. */
export interface Visit {
  readonly startedAt: number
  /** However busy it is. Epoch milliseconds, as are all times here. */
  readonly endsAt: number
  /** What it was begun with, such as `Firefox on Linux`. */
  readonly agent: string
  /** Of the app: JSON. It goes along when somebody signs in. */
  readonly data?: unknown
}

export interface Session extends Visit {
  /** Of the ID token. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string }
  readonly scope: string
  /** No access token is kept: services see tokens of ours, so nothing would use it. This says when to ask the provider again. */
  readonly accessExpiresAt: number
  readonly refreshToken?: string
  /** Of the tokens: how often they were renewed. */
  readonly version: number
  /** Where that is known. */
  readonly refreshExpiresAt?: number
}

/** What its owner may be told by another session. */
export type About = Pick<Visit, 'startedAt' | 'endsAt' | 'agent'>

export const isSession = (visit: Visit): visit is Session => 'claims' in visit

/** Whatever ends first: a session does not outlive its refresh token, nor, where nothing can renew it, its access token. */
export function endOf(visit: Visit): number {
  if (!isSession(visit)) return visit.endsAt
  const { endsAt, refreshToken, accessExpiresAt, refreshExpiresAt = Infinity } = visit
  return Math.min(endsAt, refreshToken === undefined ? accessExpiresAt : refreshExpiresAt)
}
