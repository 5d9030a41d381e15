const name = 'wanted'

/** Remembers what somebody wanted to add to the cart while they go and sign in; in this tab only. */
export function want(storage: Storage, productId: string, quantity: number): void {
  storage.setItem(name, JSON.stringify([productId, quantity]))
}

/** How many of this product were wanted. Whatever was wanted is then forgotten, so it is added once at most. */
export function takeWanted(storage: Storage, productId: string): number | undefined {
  const [id, quantity] = JSON.parse(storage.getItem(name) ?? '[]') as [string?, number?]
  storage.removeItem(name)
  return id === productId ? quantity : undefined
}
