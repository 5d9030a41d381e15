import { z } from 'zod'
import { OrderEvent } from './orders.ts'

/**
 * WebSocket `/orders/:id/events?after=<rev>` with the caller's access token as `Authorization: Bearer`. First every
 * event with a greater `rev`, then `live`, then each event as it happens. Another customer's order closes with 4404.
 */
export const TrackingMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), event: OrderEvent }),
  z.object({ type: z.literal('live'), rev: z.int() }),
])
export type TrackingMessage = z.infer<typeof TrackingMessage>
