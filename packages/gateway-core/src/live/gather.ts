import type { Followed } from '../contract.ts'
import { Fault } from '../road/fault.ts'
import { Scope } from '../scope.ts'
import { until } from './until.ts'

/** Everything that happened; or, with `resync`, not everything: the client must reload and continue from `rev`. */
export interface News<T> {
  readonly items: readonly { readonly rev: number; readonly item: T }[]
  /** The latest known revision: the client continues from here. */
  readonly rev: number
  readonly resync: boolean
}

export interface Waiting {
  readonly items: AsyncIterable<Followed<unknown>>
  readonly scope: Scope
  /** Ends the wait as if its time were up. */
  readonly leaving: Scope
  /** The client's last revision. */
  readonly after: number
  /** Milliseconds before answering with no items. */
  readonly wait: number
}

/** Milliseconds beyond the wait in which a source must have delivered its backlog. */
const patience = 5_000

/** Reads the backlog or, if it is empty, waits for the first event. Answers with what it has when time is up. */
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
  // A service that restarted may report an older number; clients never go backwards.
  return { items: found, rev: found.at(-1)?.rev ?? Math.max(live ?? 0, after), resync: false }
}

const timeIsUp = new Fault('aborted', 'poll', new Error('the wait is over'))
const silence = new Fault('timeout', 'poll', new Error('its source says nothing'))
