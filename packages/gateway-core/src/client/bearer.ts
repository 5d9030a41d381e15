import type { Caller } from './caller.ts'
import { ClientProblem } from './problem.ts'

export interface Token {
  readonly accessToken: string
  /** Epoch milliseconds. Absent: unknown, so only a refusal reveals expiry. */
  readonly expiresAt?: number
}

export interface BearerOptions<T extends Token> {
  /** Absent: signed out; calls carry no token. */
  readonly token?: T | undefined
  /**
   * Obtains and stores the next token; must have its own timeout. Never runs concurrently, as refresh tokens are mostly
   * single-use. `undefined`: refused, which signs the person out. A rejection leaves them signed in. Absent: tokens are
   * not refreshed.
   */
  readonly refresh?: ((token: T) => Promise<T | undefined>) | undefined
  /** Milliseconds before expiry at which a token is refreshed; at most half its lifetime. Default 30 000. */
  readonly early?: number | undefined
  /** Called when the last token was refused. */
  readonly onSignedOut?: (() => void) | undefined
}

/**
 * Authenticates with an access token (RFC 6750), refreshed before it expires and after a 401 `token-…`: a guard that
 * refuses the token has done nothing, so any call is then safe to repeat. Concurrent calls share one refresh. A call
 * begun by one person is never sent as another: it fails with `signed-out`.
 */
export const bearer = <T extends Token>(options: BearerOptions<T>, now?: () => number): Bearer<T> =>
  new Bearer(options, now)

/** Milliseconds between attempts while a token that is still valid cannot be refreshed. */
const pause = 5_000

export class Bearer<T extends Token = Token> implements Caller {
  readonly #options: BearerOptions<T>
  readonly #early: number
  readonly #now: () => number
  #token: T | undefined
  #due: number
  #person = 0
  #refreshing: Promise<void> | undefined
  /** A new token that was refused nevertheless: another refresh would not help. */
  #futile: T | undefined

  constructor(options: BearerOptions<T>, now: () => number = Date.now) {
    const { token, early = 30_000 } = options
    this.#options = options
    this.#early = early
    this.#now = now
    this.#token = token
    this.#due = expiry(token) - early
  }

  /** Changes with every sign-in and sign-out. The client sends no call as another person than it began with. */
  get person(): number {
    return this.#person
  }

  /** Sets the token after a sign-in, or none after a sign-out. */
  use(token?: T): void {
    this.#person++
    this.#refreshing = undefined
    this.#take(token)
  }

  async send<R>(attempt: (proof: Readonly<Record<string, string>>) => Promise<R>, operation: string): Promise<R> {
    const sent = await this.#good(operation)
    try {
      return await attempt(proof(sent))
    } catch (error) {
      if (sent === undefined || sent === this.#futile || !isRefusal(error)) throw error
      if (sent === this.#token) await this.#replace(sent, operation)
      const token = this.#token
      try {
        return await attempt(proof(token))
      } catch (again) {
        if (isRefusal(again)) this.#futile = token
        throw again
      }
    }
  }

  /**
   * The token itself, for use outside a header, e.g. in a message: valid for `goodFor` more milliseconds, if the issuer
   * provides such a one. Shares the single refresh of calls.
   */
  async token(operation: string, goodFor = 0): Promise<T | undefined> {
    const token = this.#token
    const isEnough = expiry(token) - this.#now() > goodFor
    if (token === undefined || isEnough || this.#options.refresh === undefined) return this.#good(operation)
    await this.#replace(token, operation)
    return this.#token
  }

  async #good(operation: string): Promise<T | undefined> {
    const token = this.#token
    const isGood = () => this.#now() < expiry(token)
    if (token === undefined || this.#options.refresh === undefined) return token
    if (isGood() && this.#now() < this.#due) return token
    const person = this.#person
    try {
      await this.#replace(token, operation)
    } catch (error) {
      if (person === this.#person && !isGood()) throw error
    }
    return this.#token
  }

  async #replace(token: T, operation: string): Promise<void> {
    try {
      await (this.#refreshing ??= this.#refresh(token))
    } catch (cause) {
      throw new ClientProblem(operation, 0, unavailable, { cause })
    }
  }

  async #refresh(token: T): Promise<void> {
    const { refresh, onSignedOut } = this.#options
    const person = this.#person
    // Async, so that a synchronous throw also settles after `#refreshing` is set.
    const ask = async () => refresh?.(token)
    try {
      const next = await ask()
      if (person !== this.#person) return
      if (next !== undefined) return this.#take(next)
      this.use()
      onSignedOut?.()
    } catch (error) {
      if (person === this.#person) this.#due = this.#now() + pause
      throw error
    } finally {
      if (person === this.#person) this.#refreshing = undefined
    }
  }

  #take(token: T | undefined): void {
    this.#token = token
    this.#due = expiry(token) - Math.min(this.#early, (expiry(token) - this.#now()) / 2)
  }
}

const expiry = (token: Token | undefined): number => token?.expiresAt ?? Infinity

const proof = (token: Token | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token.accessToken}` }

const isRefusal = (error: unknown): boolean =>
  error instanceof ClientProblem && error.status === 401 && error.code.startsWith('token-')

const unavailable = {
  code: 'identity-unavailable',
  title: 'Sign-in cannot be checked',
  detail: 'Whether you are still signed in cannot be checked right now. Try again shortly.',
}
