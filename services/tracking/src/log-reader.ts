import { setTimeout as sleep } from 'node:timers/promises'
import { orders, type OrderEvent } from '@bff/contracts/orders'
import type { Logger } from '@bff/service-kit'

export interface Options {
  readonly ordersUrl: string
  readonly serviceSecret: string
  readonly pollMs: number
  readonly append: (events: readonly OrderEvent[]) => void
  /** Another log has replaced the one read so far: discard everything known. */
  readonly replaced: () => void
  readonly log: Logger
  /** 0 to 1. */
  readonly random: () => number
}

const pageSize = 1_000
/** Backoff bounds in milliseconds while orders does not respond; jitter shortens a pause by up to half. */
const shortestPause = 100
const longestPause = 10_000
const { out: Page } = orders['GET /events']

/** Follows the order log from its beginning. */
export class LogReader implements AsyncDisposable {
  readonly #options: Options
  readonly #stop = new AbortController()
  readonly #polling: Promise<void>
  #after = 0
  #ready = false
  #reading: Promise<void> | undefined

  constructor(options: Options) {
    this.#options = options
    this.#polling = this.#poll()
  }

  /** The log has been read to its end at least once. */
  get ready(): boolean {
    return this.#ready
  }

  /** Resolves once everything written before this call has been read. Rejects if orders does not respond. */
  async caughtUp(): Promise<void> {
    // A read in progress may have passed the end of the log before this call.
    await this.#reading?.catch(() => {})
    await this.#read()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#polling
  }

  async #poll(): Promise<void> {
    const { pollMs, random, log } = this.#options
    const { signal } = this.#stop
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#read()
        if (failures > 0) log.info({ failures }, 'reading the order log again')
        failures = 0
      } catch (error) {
        failures += 1
        if (failures === 1 && !signal.aborted) log.warn({ cause: String(error) }, 'cannot read the order log')
      }
      const pause =
        failures === 0 ? pollMs : Math.min(shortestPause * 2 ** failures, longestPause) * (0.5 + random() / 2)
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readToEnd().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readToEnd(): Promise<void> {
    for (let more = true; more;) {
      const { items, last } = await this.#readPage()
      if (last < this.#after) {
        this.#after = 0
        this.#options.replaced()
        throw new Error('the order log is shorter than the part already read: it was replaced')
      }
      this.#options.append(items)
      this.#after = last
      more = items.length === pageSize
    }
    this.#ready = true
  }

  async #readPage() {
    const { ordersUrl, serviceSecret } = this.#options
    const answer = await fetch(`${ordersUrl}/events?after=${this.#after}&limit=${pageSize}`, {
      headers: { authorization: `Bearer ${serviceSecret}` },
      redirect: 'error',
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(2_000)]),
    })
    if (answer.ok) return Page.parse(await answer.json())
    await answer.body?.cancel()
    throw new Error(`orders answered ${answer.status}`)
  }
}
