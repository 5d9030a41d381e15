import { getHeapStatistics } from 'node:v8'
import type { Logger } from 'pino'

/** Milliseconds between two samples. */
const beat = 100

/** Share of the heap limit above which the process is about to run out of memory. */
const fullHeap = 0.85

export interface LoadOptions {
  /** Event loop delay to tolerate, in milliseconds. */
  readonly after: number
  readonly log: Logger
  readonly now?: () => number
  /** Used share of the heap's limit. */
  readonly heap?: () => number
}

/**
 * Detects overload. A timer samples event loop delay ten times a second. `over` turns true after two delays in a row
 * above `after`, or when the heap is nearly full, and false after one sample in time. A single slow moment is not
 * overload: turning clients away would cost them more than waiting.
 */
export class Load implements Disposable {
  over = false
  readonly #options: LoadOptions
  readonly #now: () => number
  readonly #heap: () => number
  readonly #timer: NodeJS.Timeout
  #due: number
  #before = 0
  /** Requests refused during this overload. */
  #refused = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#heap = options.heap ?? heapShare
    this.#due = this.#now() + beat
    this.#timer = setInterval(() => this.look(), beat).unref()
  }

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
