import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { problem } from '../../problem.ts'
import { soon } from '../../state/soon.ts'
import type { Store } from '../../state/store.ts'
import { type Mark, read, written } from './revoked.ts'

interface JournalOptions {
  readonly store: Store
  readonly log: Logger
  readonly lifetime: number
  readonly patience?: number | undefined
  readonly clock: () => number
}

const all = 'revocations'
/** Changes with each revocation, so that looking for new ones costs one read. */
const version = 'revocations:version'

/** The revocations in the store. `learn` is told of each that matters, of some more than once. */
export class Journal implements AsyncDisposable {
  readonly #options: JournalOptions
  readonly #learn: (mark: Mark) => void
  #version: string | undefined
  #listening: AsyncDisposable | undefined
  #looking: Promise<void> | undefined
  #failing = false
  #ended = false

  constructor(options: JournalOptions, learn: (mark: Mark) => void) {
    this.#options = options
    this.#learn = learn
  }

  /** Whether all that there was has been read once. */
  known = false

  /** Resolves when it hears of what others write. */
  #listen(): Promise<AsyncDisposable> {
    const hear = (text: string) => {
      const mark = read(text)
      if (mark !== undefined) this.#learn(mark)
    }
    const missed = () => {
      this.#version = undefined
      void this.look()
    }
    return this.#asked(this.#options.store.subscribe(all, hear, missed))
  }

  /** The version is read before the set and written after it: what is missed here shows as another version next time. */
  async #load(): Promise<void> {
    const { store, clock } = this.#options
    const latest = (await this.#asked(store.get(version)))?.value ?? ''
    if (latest === this.#version) return
    const texts = await this.#asked(store.members(all))
    const marks = texts.flatMap((text) => read(text) ?? []).toSorted((one, other) => one.at - other.at)
    for (const mark of marks) {
      if (mark.until > clock()) this.#learn(mark)
      else await this.#asked(store.remove(all, written(mark)))
    }
    this.#version = latest
    this.known = true
  }

  /** For what no message told of; one look at a time, for all who ask meanwhile. Never rejects. */
  look(): Promise<void> {
    return (this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    }))
  }

  /** It listens first, so that nothing falls in between. */
  async #look(): Promise<void> {
    const { log } = this.#options
    try {
      this.#listening ??= await this.#listen()
      // Nobody waits at the end for a store that is silent; what it says afterwards is taken back here.
      if (this.#ended) return await this.#listening[Symbol.asyncDispose]()
      await this.#load()
      if (this.#failing) log.info('the store of revocations is back')
      this.#failing = false
    } catch (error) {
      // Whoever stops takes the store away as well.
      if (this.#ended) return
      if (!this.#failing)
        log.error({ err: error }, 'the store of revocations fails: those made elsewhere are not known here')
      this.#failing = true
    }
  }

  async write(mark: Mark): Promise<void> {
    const { store, lifetime } = this.#options
    // Here it holds whatever becomes of it.
    this.#learn(mark)
    const text = written(mark)
    try {
      await this.#asked(store.add(all, text, lifetime))
      await this.#asked(store.set(version, randomUUID(), lifetime))
      await this.#asked(store.publish(all, text))
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
    return store.local === true ? answer : soon(answer, patience)
  }
}
