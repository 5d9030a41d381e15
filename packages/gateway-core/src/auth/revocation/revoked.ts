import type { Identity } from '../../exchange.ts'

const kinds = ['session', 'user', 'token'] as const
export type Kind = (typeof kinds)[number]

/** One withdrawal. Times are epoch milliseconds. */
export interface Mark {
  readonly kind: Kind
  readonly id: string
  /** When it was made; for a user, before when what is withdrawn was issued. */
  readonly at: number
  /** From when on nothing that it is about can be valid anyway. */
  readonly until: number
}

/** What is asked of whoever calls. */
export type Proof = Pick<Identity, 'user' | 'sessionId' | 'tokenId' | 'issuedAt'>

/**
 * What has been withdrawn, in the memory of this process. When there are more than `most`, the oldest is forgotten, and from then
 * on everything that was issued before it counts as withdrawn: whoever floods it signs people out, and lets nobody back in.
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

  /** Asked with every request: three look-ups. */
  has({ user, sessionId, tokenId, issuedAt }: Proof): boolean {
    const { session, token, user: users } = this.#marks
    return (
      issuedAt < this.#floor ||
      (sessionId !== undefined && session.size > 0 && session.has(sessionId)) ||
      (tokenId !== undefined && token.size > 0 && token.has(tokenId)) ||
      (users.size > 0 && issuedAt < (users.get(user.id)?.at ?? -Infinity))
    )
  }

  /** Of two of one user the later counts. */
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

  /** Let go of those that cannot matter any more. */
  forget(now: number): void {
    for (const kind of kinds) {
      for (const [id, { until }] of this.#marks[kind]) {
        if (until <= now) this.#marks[kind].delete(id)
      }
    }
  }
}

/** As it stands in the store and in messages. */
export const written = ({ kind, id, at, until }: Mark): string => JSON.stringify([kind, id, at, until])

/** `undefined` for what is none: a newer version of the app may write what this one does not know. */
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
