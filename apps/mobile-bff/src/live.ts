import type { OrderEvent } from '@bff/contracts/orders'
import { liveProtocol, OrderUpdate } from '@bff/contracts/mobile-live'
import { poll, socket, ticket } from './gateway.ts'
import { signedIn } from './guards.ts'

const update = ({ rev, status, at }: OrderEvent) => ({ rev, status, at })

/** A user's order events, live. Tracking checks ownership: another user's order is not found. */
export const live = socket('/m/v1/live', {
  guard: signedIn,
  protocol: liveProtocol,
  topics: {
    'orders/:id': ({ params, after, from }) => from.tracking('GET /orders/:id/events', { id: params.id, after }),
  },
  out: OrderUpdate,
  view: (event) => update(event),
})

export const tickets = ticket('POST /m/v1/tickets', { guard: signedIn })

/** The same without a socket, one order at a time. */
export const orderEvents = poll('GET /m/v1/orders/:id/events', {
  guard: signedIn,
  follow: ({ params, query, from }) => from.tracking('GET /orders/:id/events', { id: params.id, after: query.after }),
  wait: ({ query }) => query,
  view: ({ items, rev, resync }) => ({ events: items.map(({ item }) => update(item)), rev, resync }),
})
