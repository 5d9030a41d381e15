import { z } from 'zod'
import { OrderStatus } from './common.ts'

/** One state of an order; `rev` grows by one with each. */
export const OrderUpdate = z.object({ rev: z.int(), status: OrderStatus, at: z.string() })
export type OrderUpdate = z.infer<typeof OrderUpdate>

/** The subprotocol of `/m/v1/live`. A client also offers its credential: `bff.ticket.<ticket>` or `bff.bearer.<token>`. */
export const liveProtocol = 'bff.live.v1'

/** The topic of an order: `orders/<id>`. */
export const orderTopic = (id: string): string => `orders/${id}`

/** Messages of an app over `/m/v1/live`. `after` is the last `rev` it knows. */
export const LiveRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribe'), topic: z.string(), after: z.int() }),
  z.object({ type: z.literal('unsubscribe'), topic: z.string() }),
  z.object({ type: z.literal('auth'), token: z.string() }),
  z.object({ type: z.literal('ping') }),
])
export type LiveRequest = z.infer<typeof LiveRequest>

/**
 * Messages to an app. `resync`: read the order again; events newer than `rev` follow. `reauth`: send an `auth` within `in`
 * milliseconds. `problem`: ends its topic, if it has one; `retryIn` says in how many milliseconds to reconnect.
 *
 * Close codes: 4401 credential expired; 4403 another user, or not permitted; 4408 idle; 1008 too many messages; 1012 restart.
 */
export const LiveMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), topic: z.string(), rev: z.int(), data: OrderUpdate }),
  z.object({ type: z.literal('live'), topic: z.string(), rev: z.int() }),
  z.object({ type: z.literal('resync'), topic: z.string(), rev: z.int() }),
  z.object({ type: z.literal('reauth'), in: z.int() }),
  z.object({
    type: z.literal('problem'),
    topic: z.string().optional(),
    problem: z.looseObject({ status: z.int(), code: z.string() }),
    retryIn: z.int().optional(),
  }),
  z.object({ type: z.literal('pong') }),
])
export type LiveMessage = z.infer<typeof LiveMessage>
