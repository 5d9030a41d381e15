/**
 * The idempotency key for ordering a cart. While the cart's `rev` is unchanged, a retry reuses the key, so a lost response never
 * creates a second order.
 */
export function attempts(random: () => string = () => crypto.randomUUID()): (rev: number) => string {
  let last: { readonly rev: number; readonly key: string } | undefined
  return (rev) => {
    if (last?.rev !== rev) last = { rev, key: random() }
    return last.key
  }
}
