import type { OutgoingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { Head } from './checked.ts'
import type { Last } from './every-answer.ts'
import type { Target } from './target.ts'

export type Check = (head: Head) => Target

/** Where a cookie was that should not be. */
export type CookieWay = 'received' | 'sent'

/** Milliseconds between two lines in the log about the same. */
const quiet = 60_000

/**
 * For apps whose clients prove themselves by tokens: a cookie that comes is taken away before anything can read it, and none
 * leaves. Both are counted; the log has a line a minute, for a cookie that comes is a client gone wrong or somebody who tries,
 * and one that would leave is a fault of ours.
 */
export function cookieless(
  log: Logger,
  count: (way: CookieWay) => void,
  clock: () => number = () => performance.now(),
) {
  const told: Record<CookieWay, number> = { received: -Infinity, sent: -Infinity }
  const note = (way: CookieWay, level: 'info' | 'warn'): void => {
    count(way)
    if (clock() - told[way] < quiet) return
    told[way] = clock()
    log[level]({ way }, 'cookie ignored')
  }
  return {
    incoming:
      (check: Check): Check =>
      (head) => {
        if (head.headers.cookie !== undefined) {
          note('received', 'info')
          delete head.headers.cookie
        }
        return check(head)
      },
    outgoing: ((fields, res) => {
      const named = Object.keys(fields).filter((name) => name.toLowerCase() === 'set-cookie')
      if (named.length === 0 && !res.hasHeader('set-cookie')) return fields
      note('sent', 'warn')
      res.removeHeader('set-cookie')
      return Object.fromEntries(Object.entries(fields).filter(([name]) => !named.includes(name))) as OutgoingHttpHeaders
    }) satisfies Last,
  }
}
