import type { Followed } from '../contract.ts'
import { Fault } from '../road/fault.ts'
import { Scope } from '../scope.ts'
import { until } from './until.ts'

/** What has happened, all of it: or, with `resync`, no longer all, so that the client reads anew and goes on from `rev`. */
export interface News<T> {
  readonly items: readonly { readonly rev: number; readonly item: T }[]
  /** The last that is known: from here the client goes on. */
  readonly rev: number
  readonly resync: boolean
}

export interface Waiting {
  readonly items: AsyncIterable<Followed<unknown>>
  readonly scope: Scope
  /** Ends the waiting, as if its time were over. */
  readonly leaving: Scope
  /** What the client knows. */
  readonly after: number
  /** Milliseconds until nothing is an answer too. */
  readonly wait: number
}

/** Milliseconds, beyond the wait, in which a source must have told what had happened before. */
const patience = 5_000

/** Read what has happened or, if that is nothing, the first that does. What it has read when its time is over is the answer. */
export async function gather({ items, scope, leaving, after, wait }: Waiting): Promise<News<unknown>> {
  const reading = scope.child()
  const found: { rev: number; item: unknown }[] = []
  let live: number | undefined
  let late = false
  const enough = () => {
    late = true
    if (live !== undefined || leaving.ended) reading.end(timeIsUp)
  }
  const release = leaving.onEnd(enough)
  const timers = [setTimeout(enough, wait), setTimeout(() => reading.end(silence), wait + patience)]
  try {
    for await (const one of until(reading, items)) {
      if (one.type === 'resync') return { items: [], rev: one.rev, resync: true }
      if (one.type === 'item') found.push({ rev: one.rev, item: one.item })
      if (one.type === 'live') live = one.rev
      if (live !== undefined && (late || found.length > 0)) break
    }
  } catch (error) {
    if (error !== timeIsUp) throw error
  } finally {
    for (const timer of timers) clearTimeout(timer)
    release()
    reading.close()
  }
  // A service that tells less than the client knows, for it has just begun anew, sets nobody back.
  return { items: found, rev: found.at(-1)?.rev ?? Math.max(live ?? 0, after), resync: false }
}

const timeIsUp = new Fault('aborted', 'poll', new Error('the wait is over'))
const silence = new Fault('timeout', 'poll', new Error('its source says nothing'))
