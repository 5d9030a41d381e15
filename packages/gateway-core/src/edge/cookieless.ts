import type { OutgoingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { Head } from './checked.ts'
import type { Last } from './every-answer.ts'
import type { RequestTarget } from './target.ts'

export type Check = (head: Head) => RequestTarget

/** Direction of an unwanted cookie. */
export type CookieWay = 'received' | 'sent'

/** Milliseconds between two log lines for one direction. */
const quiet = 60_000

/**
 * For apps whose clients authenticate by tokens: strips incoming cookies before anything can read them, and outgoing
 * ones. Both are counted, and logged once a minute: an incoming cookie means a broken client or a probe, an outgoing
 * one a fault of ours.
 */
export function cookieless(
  log: Logger,
  count: (way: CookieWay) => void,
  clock: () => number = () => performance.now(),
) {
  const loggedAt: Record<CookieWay, number> = { received: -Infinity, sent: -Infinity }
  const note = (way: CookieWay, level: 'info' | 'warn'): void => {
    count(way)
    if (clock() - loggedAt[way] < quiet) return
    loggedAt[way] = clock()
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
