const name = 'wanted'

/** Remembers, in this tab only, what the user wanted to add to the cart while they sign in. */
export function want(storage: Storage, productId: string, quantity: number): void {
  storage.setItem(name, JSON.stringify([productId, quantity]))
}

/** The quantity wanted of this product. Forgets whatever was wanted, so that it is added at most once. */
export function takeWanted(storage: Storage, productId: string): number | undefined {
  const [id, quantity] = JSON.parse(storage.getItem(name) ?? '[]') as [string?, number?]
  storage.removeItem(name)
  return id === productId ? quantity : undefined
}
