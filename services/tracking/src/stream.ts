import type { TrackingMessage } from '@bff/contracts/tracking'
import type { OrderEvent } from '@bff/contracts/orders'
import type { WebSocket } from 'ws'
import type { Timelines } from './timelines.ts'

/** Unsent bytes above which a consumer is too slow. */
const bound = 1_048_576

/** Sends every event after `after`, then `live`, then new events: no gaps or repeats, because nothing is awaited in between. */
export function stream(
  socket: Pick<WebSocket, 'send' | 'close' | 'once' | 'bufferedAmount'>,
  timelines: Timelines,
  { orderId, after }: { readonly orderId: string; readonly after: number },
): void {
  const send = (message: TrackingMessage): void => {
    socket.send(JSON.stringify(message))
    if (socket.bufferedAmount <= bound) return
    unfollow()
    socket.close(1013, 'too slow')
  }
  const deliver = (event: OrderEvent): void => {
    if (event.rev > after) send({ type: 'event', event })
  }
  const unfollow = timelines.follow(orderId, deliver)
  socket.once('close', unfollow)
  const past = timelines.of(orderId)
  for (const event of past) deliver(event)
  send({ type: 'live', rev: past.at(-1)?.rev ?? 0 })
}
