/** Whose client it is, and which order of theirs is theirs to follow. */
export interface Whose {
  readonly user: string
  readonly order: string
  /** For mobile-bff. */
  readonly token: string
}

/** One who waits for what happens. */
export interface Client extends Disposable {
  /** Whether anybody is still at the other end. */
  readonly isThere: () => Promise<boolean>
  /** Events that came. */
  readonly told: () => number
}

export type Open = (url: string, whose: Whose) => Promise<Client>

/** Each of them in its turn, so many at a time. */
export async function inTurn<A, B>(all: readonly A[], atATime: number, one: (of: A) => Promise<B>): Promise<B[]> {
  const done: B[] = []
  let next = 0
  const row = async (): Promise<void> => {
    for (let i = next++; i < all.length; i = next++) done[i] = await one(all[i]!)
  }
  await Promise.all(Array.from({ length: atATime }, row))
  return done
}
