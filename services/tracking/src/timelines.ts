import type { OrderEvent } from '@bff/contracts/orders'

export type Follow = (event: OrderEvent) => void

/** The order log, grouped by order. In memory only: it is reread at every start. */
export interface Timelines {
  readonly append: (events: readonly OrderEvent[]) => void
  readonly of: (orderId: string) => readonly OrderEvent[]
  /** Calls back from the next event on. Returns a function that stops it. */
  readonly follow: (orderId: string, follow: Follow) => () => void
  readonly clear: () => void
}

export function createTimelines(): Timelines {
  const timelines = new Map<string, OrderEvent[]>()
  const followers = new Map<string, Set<Follow>>()

  return {
    append: (events) => {
      for (const event of events) {
        const timeline = timelines.get(event.orderId)
        if (timeline === undefined) timelines.set(event.orderId, [event])
        else timeline.push(event)
        for (const follow of followers.get(event.orderId) ?? []) follow(event)
      }
    },
    of: (orderId) => timelines.get(orderId) ?? [],
    follow: (orderId, follow) => {
      const beside = followers.get(orderId) ?? new Set()
      followers.set(orderId, beside.add(follow))
      return () => {
        beside.delete(follow)
        if (beside.size === 0 && followers.get(orderId) === beside) followers.delete(orderId)
      }
    },
    clear: () => timelines.clear(),
  }
}
