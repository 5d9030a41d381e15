import type { Configuration } from 'oidc-provider'

/** How long a sign-in lasts, in milliseconds. */
export interface Lifetimes {
  /** Of an unused refresh token. */
  readonly idle: number
  /** Of a sign-in's refresh tokens together. */
  readonly absolute: number
}

const day = 86_400_000

export const lifetimes: Lifetimes = { idle: 3 * day, absolute: 14 * day }

/** Lifetime in seconds of a refresh token whose sign-in got its first one at `since` (epoch seconds). */
export const refreshLifetime = ({ idle, absolute }: Lifetimes, since: number, now: number): number =>
  Math.max(1, Math.floor(Math.min(idle / 1_000, since + absolute / 1_000 - now)))

export const ttl = (lifetimes: Lifetimes): NonNullable<Configuration['ttl']> => ({
  AccessToken: 300,
  AuthorizationCode: 60,
  IdToken: 300,
  Interaction: 600,
  RefreshToken: (_ctx, { iiat = 0 }) => refreshLifetime(lifetimes, iiat, Math.floor(Date.now() / 1_000)),
  // A grant exists before its first token and must outlive its last.
  Grant: Math.ceil(lifetimes.absolute / 1_000) + 3_600,
  Session: Math.ceil(lifetimes.absolute / 1_000),
})
