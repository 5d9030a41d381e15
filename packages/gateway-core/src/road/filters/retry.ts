import { setTimeout as pause } from 'node:timers/promises'
import type { Call, Filter } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'

const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
const passing = new Set([502, 503, 504])

/** Longest first pause, in milliseconds; it doubles with every further try, and each is drawn at random below it. */
const firstPause = 25

const repeatable = (call: Call): boolean =>
  (idempotent.has(call.method) || call.headers['idempotency-key'] !== undefined) &&
  (call.body === null || typeof call.body === 'string')

/** Try again what is safe to repeat, while nothing of an answer has been passed on. A timeout leaves no time to try. */
export const retry =
  (attempts: number, random: () => number = Math.random): Filter =>
  async (call, next) => {
    const tries = repeatable(call) ? attempts : 1
    for (let nth = 1; ; nth++) {
      try {
        const reply = await next(call)
        if (nth >= tries || !passing.has(reply.status)) return reply
        reply.body.destroy()
      } catch (error) {
        const worthIt = error instanceof Fault && (error.kind === 'refused' || error.kind === 'reset')
        if (nth >= tries || !worthIt) throw error
      }
      await pause(random() * firstPause * 2 ** (nth - 1), undefined, { signal: call.scope.signal }).catch(
        (error: unknown) => {
          throw faultOf(error, call.upstream, call.scope)
        },
      )
    }
  }
