import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { OrderEvent } from './orders.ts'

/** First every event with a `rev` above `after`, then `live`, then each event as it happens. */
export const TrackingMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), event: OrderEvent }),
  z.object({ type: z.literal('live'), rev: z.int() }),
])
export type TrackingMessage = z.infer<typeof TrackingMessage>

/** Over a WebSocket. Scoped to the caller: another customer's order is not found. */
export const tracking = {
  /**
   * Refused before the upgrade: 400 `invalid-after`, 401, 503 `orders-unavailable`. Close codes: 4404 unknown order, or another
   * customer's; 1012 restart, reconnect with the last `rev`; 1013 reader too slow.
   */
  'GET /orders/:id/events': {
    query: z.object({ after: z.coerce.number<number>().int().min(0).max(999_999_999).default(0) }),
    out: OrderEvent,
    errors: { 'order-not-found': 404 },
    feed: {
      after: 'after',
      message: TrackingMessage,
      read: (message: TrackingMessage) =>
        message.type === 'event' ? { rev: message.event.rev, item: message.event } : { live: message.rev },
      closes: { 4404: 'order-not-found' },
    },
  },
} as const satisfies Contract
