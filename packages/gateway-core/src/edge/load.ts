import { getHeapStatistics } from 'node:v8'
import type { Logger } from 'pino'

/** Milliseconds between two looks. */
const beat = 100

/** Share of the heap's limit above which the process is about to be lost. */
const fullHeap = 0.85

export interface LoadOptions {
  /** Milliseconds that the event loop may be late. */
  readonly after: number
  readonly log: Logger
  readonly now?: () => number
  /** Used share of the heap's limit. */
  readonly heap?: () => number
}

/**
 * Whether the process has more to do than it can. A timer looks ten times a second how late it comes: what waits for the event
 * loop waits as long. Twice in a row later than `after`, or the heap nearly full, and `over` is true; once in time and it is
 * false again. A single slow moment is none: to turn people away for it would cost them more than to wait.
 */
export class Load implements Disposable {
  over = false
  readonly #options: LoadOptions
  readonly #now: () => number
  readonly #heap: () => number
  readonly #timer: NodeJS.Timeout
  #due: number
  #before = 0
  /** Refused since it has been too much. */
  #refused = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#heap = options.heap ?? heapShare
    this.#due = this.#now() + beat
    this.#timer = setInterval(() => this.look(), beat).unref()
  }

  /** A request is turned away. */
  refused(): void {
    this.#refused++
  }

  look(): void {
    const now = this.#now()
    const late = now - this.#due
    this.#due = now + beat
    const delay = Math.min(late, this.#before)
    this.#before = late
    const heap = this.#heap()
    const over = delay > this.#options.after || heap > fullHeap
    if (over === this.over) return
    this.over = over
    const { log } = this.#options
    if (over) log.warn({ delay: Math.round(delay), heap: Math.round(heap * 100) / 100 }, 'overloaded')
    else log.warn({ refused: this.#refused }, 'no longer overloaded')
    this.#refused = 0
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}
