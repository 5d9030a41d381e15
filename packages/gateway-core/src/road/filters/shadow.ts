import { Scope } from '../../scope.ts'
import { drain } from '../cache/tee.ts'
import type { Call, Filter, Service } from '../call.ts'
import { Fault } from '../fault.ts'

/** Most copies in flight; beyond, none is sent. */
const most = 16

/** Longest response drained, in bytes; beyond, the connection is dropped. */
const maxBytes = 65_536

/**
 * Mirrors a share of the reads (GET and HEAD without a body) to `to`, and discards the responses. The copy has the
 * original's deadline but its own scope: it can neither delay, fail nor end with it. Danger: it carries the original's
 * token, so `to` must be a service that may have it.
 */
export function shadow(share: number, to: Service | undefined, random: () => number = Math.random): Filter {
  if (to === undefined || share <= 0) return (call, next) => next(call)
  let underWay = 0
  return (call, next) => {
    const reply = next(call)
    if (underWay < most && isRead(call) && random() < share) {
      underWay++
      void copy(call, to).finally(() => underWay--)
    }
    return reply
  }
}

const isRead = ({ method, body }: Call): boolean => body === null && (method === 'GET' || method === 'HEAD')

/** Never rejects. Resolves when the response is over. */
async function copy(call: Call, to: Service): Promise<void> {
  // The copy must not affect which address the original tries next.
  const { tried: _, ...rest } = call
  const scope = new Scope()
  const timer = setTimeout(() => scope.end(new Fault('timeout', call.upstream)), call.until - performance.now())
  try {
    const { body } = await to({ ...rest, streamed: false, scope })
    await new Promise<void>((resolve) => {
      body.onOver(() => resolve())
      drain(body, maxBytes)
    })
  } catch {
    // Outcomes of copies are ignored.
  } finally {
    clearTimeout(timer)
    scope.close()
  }
}
