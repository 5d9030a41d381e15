import { z } from 'zod'
import { OrderEvent } from './orders.ts'

/**
 * WebSocket `/orders/:id/events?after=<rev>` with the caller's access token as `Authorization: Bearer`. First every
 * event with a greater `rev`, then `live`, then each event as it happens.
 *
 * Refused before it opens: 400 `invalid-after`, 401, 503 `orders-unavailable`. Closed: 4404 unknown order, or another
 * customer's; 1012 restart, come again with the last `rev`; 1013 too slow a reader.
 */
export const TrackingMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), event: OrderEvent }),
  z.object({ type: z.literal('live'), rev: z.int() }),
])
export type TrackingMessage = z.infer<typeof TrackingMessage>
