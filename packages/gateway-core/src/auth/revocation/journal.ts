import type { Logger } from 'pino'
import { problem } from '../../problem.ts'
import { withTimeout } from '../../state/with-timeout.ts'
import type { Store } from '../../state/store.ts'
import { type Mark, read, written } from './revoked.ts'

interface JournalOptions {
  readonly store: Store
  readonly log: Logger
  readonly patience?: number | undefined
  readonly clock: () => number
}

const all = 'revocations'
/** The last one published: a process that has heard of it need not search, at the cost of one read. */
const latest = 'revocations:latest'
/** Limit of those heard since the last look. Beyond it, the cost is one look too many. */
const mostHeard = 1_000

/** The revocations in the store. Calls `learn` with each, some more than once. */
export class Journal implements AsyncDisposable {
  readonly #options: JournalOptions
  readonly #learn: (mark: Mark) => void
  /** The latest when all of them were known. */
  #latest: string | undefined
  readonly #heard = new Set<string>()
  #gaps = 0
  #listening: AsyncDisposable | undefined
  #looking: Promise<void> | undefined
  #failing = false
  #ended = false

  constructor(options: JournalOptions, learn: (mark: Mark) => void) {
    this.#options = options
    this.#learn = learn
  }

  /** Whether all existing ones have been read once. */
  known = false

  /** Subscribes to other processes' revocations. */
  #listen(): Promise<AsyncDisposable> {
    const hear = (text: string) => {
      const mark = read(text)
      if (mark !== undefined) this.#learn(mark)
      this.#heard.add(text)
      if (this.#heard.size > mostHeard) this.#heard.delete(this.#heard.values().next().value!)
    }
    const missed = () => {
      this.#gaps += 1
      this.#latest = undefined
      this.#heard.clear()
      void this.look()
    }
    return this.#asked(this.#options.store.subscribe(all, hear, missed))
  }

  /**
   * The latest is read before the set and written after it: one missed here shows up as a different latest next time.
   * Messages are published before it is written, and in order, so a process that heard the latest has heard all before
   * it.
   */
  async #load(): Promise<void> {
    const { store } = this.#options
    const gaps = this.#gaps
    const found = (await this.#asked(store.get(latest)))?.value ?? ''
    if (this.#latest === undefined || (found !== this.#latest && !this.#heard.has(found))) {
      const texts = await this.#asked(store.members(all))
      const marks = texts.flatMap((text) => read(text) ?? []).toSorted((one, other) => one.at - other.at)
      for (const mark of marks) this.#learn(mark)
      this.known = true
    }
    if (gaps === this.#gaps) this.#latest = found
  }

  /** Reads what no message announced; concurrent callers share one look. Never rejects. */
  look(): Promise<void> {
    return (this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    }))
  }

  /** Subscribes first, so that nothing is missed in between. */
  async #look(): Promise<void> {
    const { log } = this.#options
    try {
      this.#listening ??= await this.#listen()
      // Disposal does not wait for an unresponsive store; a late subscription is ended here.
      if (this.#ended) return await this.#listening[Symbol.asyncDispose]()
      await this.#load()
      if (this.#failing) log.info('the store of revocations works again')
      this.#failing = false
    } catch (error) {
      // Expected: the store is disposed with the app.
      if (this.#ended) return
      if (!this.#failing)
        log.error({ err: error }, 'the store of revocations fails: revocations by other processes are unknown here')
      this.#failing = true
    }
  }

  async write(mark: Mark): Promise<void> {
    const { store, clock } = this.#options
    // Takes effect in this process even if the store fails.
    this.#learn(mark)
    const [text, holds] = [written(mark), Math.max(1, mark.until - clock())]
    try {
      await this.#asked(store.add(all, text, holds))
      await this.#asked(store.publish(all, text))
      await this.#asked(store.set(latest, text, holds))
    } catch (cause) {
      throw problem(503, 'revocation-failed', {
        detail: 'Not every instance may know of it yet. Try again.',
        headers: { 'retry-after': '1' },
        cause,
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    await this.#listening?.[Symbol.asyncDispose]()
  }

  #asked<T>(answer: Promise<T>): Promise<T> {
    const { store, patience = 2_000 } = this.#options
    return store.local === true ? answer : withTimeout(answer, patience)
  }
}
