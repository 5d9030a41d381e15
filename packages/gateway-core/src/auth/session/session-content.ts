/** The content of any visitor's session, signed in or not. */
export interface Visit {
  readonly startedAt: number
  /** Regardless of activity. Epoch milliseconds, as all times here. */
  readonly endsAt: number
  /** The browser that began it, e.g. `Firefox on Linux`. */
  readonly agent: string
  /** The app's own data: JSON. Carried over at sign-in. */
  readonly data?: unknown
}

export interface Session extends Visit {
  /** From the ID token. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string }
  readonly scope: string
  /**
   * No access token is kept: services get our own tokens, so nothing would use it. This says when to ask the provider
   * again.
   */
  readonly accessExpiresAt: number
  readonly refreshToken?: string
  /** Number of token refreshes. */
  readonly version: number
  /** If known. */
  readonly refreshExpiresAt?: number
}

/** What its owner's other sessions may see. */
export type About = Pick<Visit, 'startedAt' | 'endsAt' | 'agent'>

export const isSession = (visit: Visit): visit is Session => 'claims' in visit

/** The earliest end: a session does not outlive its refresh token nor, without one, its access token. */
export function endOf(visit: Visit): number {
  if (!isSession(visit)) return visit.endsAt
  const { endsAt, refreshToken, accessExpiresAt, refreshExpiresAt = Infinity } = visit
  return Math.min(endsAt, refreshToken === undefined ? accessExpiresAt : refreshExpiresAt)
}
