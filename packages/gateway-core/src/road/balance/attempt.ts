import type { Call, Reply } from '../call.ts'
import type { Instance } from './instance.ts'
import { isFailing, isFailure } from '../failure.ts'
import { isBroken } from './outlier.ts'

/**
 * Sends a call to one instance: counts it until its response has ended, and reports the outcome to the outlier
 * detection.
 */
export function attempt(
  instance: Instance,
  call: Call,
  start: number,
  timeout: number,
  now: () => number,
): Promise<Reply> {
  const { outlier } = instance
  const era = outlier.begin(start)
  call.tried?.add(instance)
  instance.inFlight++
  return instance.send(call).then(
    (reply) => {
      outlier.head(era, !isFailing(reply.status), now)
      const { lasting = false } = reply
      if (lasting) instance.lasts()
      reply.body.onOver((error) => {
        instance.leave(lasting)
        if (error === undefined) outlier.body(era, true, now)
        else if (isBroken(error, call, lasting, now() - start, timeout)) outlier.body(era, false, now)
      })
      return reply
    },
    (error) => {
      instance.leave(false)
      if (isFailure(error, call, now() - start, timeout)) outlier.head(era, false, now)
      else outlier.skip(era)
      throw error
    },
  )
}
