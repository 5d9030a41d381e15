import { z } from 'zod'
import { OrderStatus } from './common.ts'

/** One state of an order. `rev` grows by one from each to the next. */
export const OrderUpdate = z.object({ rev: z.int(), status: OrderStatus, at: z.string() })
export type OrderUpdate = z.infer<typeof OrderUpdate>

/** The subprotocol of `/m/v1/live`. Beside it a client offers its proof: `bff.ticket.<ticket>`, or `bff.bearer.<token>`. */
export const liveProtocol = 'bff.live.v1'

/** What is followed: `orders/<id>`. */
export const orderTopic = (id: string): string => `orders/${id}`

/** What an app says over `/m/v1/live`. `after` is the last `rev` that it knows. */
export const LiveRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribe'), topic: z.string(), after: z.int() }),
  z.object({ type: z.literal('unsubscribe'), topic: z.string() }),
  z.object({ type: z.literal('auth'), token: z.string() }),
  z.object({ type: z.literal('ping') }),
])
export type LiveRequest = z.infer<typeof LiveRequest>

/**
 * What it is told. After `resync` an order is to be read anew, what is newer than `rev` follows. `reauth` wants an `auth` within so
 * many milliseconds. A `problem` with a topic ends that; one with `retryIn`, milliseconds, says when to connect again.
 *
 * Closed: 4401 not proved any more; 4403 another person, or one who may not; 4408 idle; 1008 too many messages; 1012 restart.
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
