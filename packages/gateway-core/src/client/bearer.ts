import type { Caller } from './caller.ts'
import { ClientProblem } from './problem.ts'

export interface Token {
  readonly accessToken: string
  /** Epoch milliseconds. Absent: not known, so that only a refusal tells. */
  readonly expiresAt?: number
}

export interface BearerOptions<T extends Token> {
  /** Absent: nobody is signed in, and calls carry no token. */
  readonly token?: T | undefined
  /**
   * Asks for the token that follows, and stores it where it is to be stored; brings its own limit of time. Never runs twice at
   * once: a refresh token mostly works a single time. `undefined` says that it was refused, and signs the person out. What it
   * throws says nothing about the person. Absent: a token that is refused was the last.
   */
  readonly refresh?: ((token: T) => Promise<T | undefined>) | undefined
  /** Milliseconds before its expiry at which a token is replaced; at most half its life. Default 30 000. */
  readonly early?: number | undefined
  /** Told that a token was the last. */
  readonly onSignedOut?: (() => void) | undefined
}

/**
 * Known by an access token (RFC 6750), which is replaced before it expires and after a 401 `token-…`: a guard that refuses the
 * token has let nothing be done, so the call is then made once more, whatever it is. However many calls wait, one refresh runs.
 * No call that one person began is sent as another: it fails with `signed-out`.
 */
export const bearer = <T extends Token>(options: BearerOptions<T>, now?: () => number): Bearer<T> =>
  new Bearer(options, now)

/** Milliseconds without a further try when a token that is still good could not be replaced. */
const pause = 5_000

export class Bearer<T extends Token = Token> implements Caller {
  readonly #options: BearerOptions<T>
  readonly #early: number
  readonly #now: () => number
  #token: T | undefined
  #due: number
  #person = 0
  #refreshing: Promise<void> | undefined
  /** New, and refused nevertheless: yet another would fare no better. */
  #futile: T | undefined

  constructor(options: BearerOptions<T>, now: () => number = Date.now) {
    const { token, early = 30_000 } = options
    this.#options = options
    this.#early = early
    this.#now = now
    this.#token = token
    this.#due = expiry(token) - early
  }

  /** Changes with every sign-in and sign-out. The client lets no call go out under another than it began under. */
  get person(): number {
    return this.#person
  }

  /** After a sign-in: the new token. After a sign-out: none. */
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
   * The token itself, for what takes none in a header, such as a message: good for so many milliseconds from now, if the issuer
   * gives one that is. Replaced by the same single refresh as for calls.
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
    // What it throws at once comes as late as what it throws later: when `#refreshing` is set.
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
