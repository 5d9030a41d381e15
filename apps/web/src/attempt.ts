/**
 * The idempotency key of turning one cart into an order. While the cart is as it was (`rev`), trying again is the same
 * attempt, so that an answer that got lost never makes a second order.
 */
export function attempts(random: () => string = () => crypto.randomUUID()): (rev: number) => string {
  let last: { readonly rev: number; readonly key: string } | undefined
  return (rev) => {
    if (last?.rev !== rev) last = { rev, key: random() }
    return last.key
  }
}
