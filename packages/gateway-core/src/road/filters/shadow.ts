import { Scope } from '../../scope.ts'
import { drain } from '../cache/tee.ts'
import type { Call, Filter, Service } from '../call.ts'
import { Fault } from '../fault.ts'

/** Copies under way; beyond them none is sent. */
const most = 16

/** Longest answer that is read to its end; of a longer one the connection is given up. */
const maxBytes = 65_536

/**
 * Send a share of the reads (GET and HEAD without a body) once more, to `to`, and throw the answer away. The copy has the
 * time that the real one has, and a scope of its own: it neither delays it nor fails it, nor ends with it. It does carry
 * the token of the real one: `to` must be a service that may have it.
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

/** Never rejects. Resolves when its answer is over. */
async function copy(call: Call, to: Service): Promise<void> {
  // Whom the copy asked must not change whom the real call asks next.
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
    // Whatever became of it is nobody's concern here.
  } finally {
    clearTimeout(timer)
    scope.close()
  }
}
