import type { Identity } from '../../exchange.ts'

const kinds = ['session', 'user', 'token'] as const
export type Kind = (typeof kinds)[number]

/** One revocation. Times are epoch milliseconds. */
export interface Mark {
  readonly kind: Kind
  readonly id: string
  /** When it was made; for a user, what was issued before is revoked. */
  readonly at: number
  /** When everything it covers has expired anyway. */
  readonly until: number
}

/** The checked fields of a caller's identity. */
export type Proof = Pick<Identity, 'user' | 'sessionId' | 'tokenId' | 'issuedAt'>

/**
 * Revocations in this process's memory. Beyond `most`, the oldest is forgotten, and everything issued before it counts
 * as revoked: a flood signs people out, but readmits no one.
 */
export class Revoked {
  readonly #most: number
  readonly #marks: Readonly<Record<Kind, Map<string, Mark>>> = { session: new Map(), user: new Map(), token: new Map() }
  #floor = -Infinity

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return kinds.reduce((sum, kind) => sum + this.#marks[kind].size, 0)
  }

  /** Runs with every request: three look-ups. */
  has({ user, sessionId, tokenId, issuedAt }: Proof): boolean {
    const { session, token, user: users } = this.#marks
    return (
      issuedAt < this.#floor ||
      (sessionId !== undefined && session.size > 0 && session.has(sessionId)) ||
      (tokenId !== undefined && token.size > 0 && token.has(tokenId)) ||
      (users.size > 0 && issuedAt < (users.get(user.id)?.at ?? -Infinity))
    )
  }

  /** Of two for the same user, the later counts. */
  add(mark: Mark): void {
    const of = this.#marks[mark.kind]
    const before = of.get(mark.id)
    if (before !== undefined && before.at >= mark.at && before.until >= mark.until) return
    of.delete(mark.id)
    of.set(mark.id, mark)
    if (this.size <= this.#most) return
    const oldest = kinds
      .flatMap((kind) => this.#marks[kind].values().next().value ?? [])
      .reduce((one, other) => (other.at < one.at ? other : one))
    this.#marks[oldest.kind].delete(oldest.id)
    this.#floor = Math.max(this.#floor, oldest.at)
  }

  /** Removes expired ones. */
  forget(now: number): void {
    for (const kind of kinds) {
      for (const [id, { until }] of this.#marks[kind]) {
        if (until <= now) this.#marks[kind].delete(id)
      }
    }
  }
}

/** Encoding in the store and in messages. */
export const written = ({ kind, id, at, until }: Mark): string => JSON.stringify([kind, id, at, until])

/** `undefined` if unreadable: a newer version of the app may write other kinds. */
export function read(text: string): Mark | undefined {
  try {
    const [kind, id, at, until] = JSON.parse(text) as readonly unknown[]
    const known = kinds.find((one) => one === kind)
    if (known === undefined || typeof id !== 'string' || typeof at !== 'number' || typeof until !== 'number')
      return undefined
    return { kind: known, id, at, until }
  } catch {
    return undefined
  }
}
