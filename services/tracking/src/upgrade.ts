import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, Problem } from '@bff/gateway-core/problem'
import { refuse, traceIdOf } from '@bff/gateway-core/server'
import type { Logger, Verify } from '@bff/service-kit'
import type { LogReader } from './log-reader.ts'
import { type Subscription, subscriptionOf } from './subscription.ts'
import type { Timelines } from './timelines.ts'

export interface Admitted extends Subscription {
  /** The order exists and belongs to the caller. */
  readonly found: boolean
}

export interface Parts {
  readonly verify: Verify
  readonly timelines: Timelines
  readonly reader: LogReader
  readonly accept: (req: IncomingMessage, socket: Duplex, head: Buffer, admitted: Admitted) => void
  readonly log: Logger
}

export type Upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Makes every check before the upgrade, while an HTTP response is still possible. */
export function upgrades({ verify, timelines, reader, accept, log }: Parts): Upgrade {
  const admit = async (req: IncomingMessage): Promise<Admitted> => {
    const subscription = subscriptionOf(req)
    const caller = await verify('user', req.headers.authorization)
    const timeline = () => timelines.of(subscription.orderId)
    // A client often arrives before the next poll: the order was created a moment ago.
    if (!reader.ready || timeline().length === 0) {
      await reader.caughtUp().catch((cause: unknown) => {
        throw problem(503, 'orders-unavailable', { source: 'orders', headers: { 'retry-after': '1' }, cause })
      })
    }
    return { ...subscription, found: timeline()[0]?.customerId === caller.id }
  }

  return (req, socket, head) => {
    const lost = (): void => void socket.destroy()
    socket.on('error', lost)
    const line = { traceId: traceIdOf(req.headers), path: req.url?.split('?', 1)[0] }
    admit(req).then(
      (admitted) => {
        log.info({ ...line, found: admitted.found }, 'upgrade')
        socket.off('error', lost)
        accept(req, socket, head, admitted)
      },
      (error: unknown) => {
        const failed = error instanceof Problem ? error : problem(500, 'internal-error', { cause: error })
        log[failed.status >= 500 ? 'error' : 'info'](
          { ...line, status: failed.status, code: failed.code, err: failed.status >= 500 ? failed.cause : undefined },
          'upgrade refused',
        )
        refuse(socket, failed, line.traceId)
      },
    )
  }
}
