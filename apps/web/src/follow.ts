/** Told to whoever follows. */
export interface Follower<T> {
  readonly item: (item: T) => void
  /** Something was missed that will not come any more, or why it broke cannot be told: read anew what this is about. */
  readonly resync: () => void
  /** Whoever reads is not signed in any more. Nothing comes after it. */
  readonly signedOut: () => void
  readonly state: (state: FollowState) => void
}

/** `off` once nothing has been heard for a while, though it is tried again and again; `over` when nothing more can happen. */
export type FollowState = 'opening' | 'live' | 'off' | 'over'

export interface Surroundings {
  readonly open: (url: string) => EventSource
  /** 0 to 1. */
  readonly random: () => number
}

/** Milliseconds without a word of being live, after which a person is told. */
const patience = 2_500
/** Milliseconds to the next try where the browser itself gives up, full jitter. */
const shortest = 1_000
const longest = 30_000

/**
 * Follow a numbered stream from `after` on, each item once and in order. A browser's own `EventSource` comes back by itself after a broken
 * connection, and gives up at any answer that is none: then it is begun anew, from the last number, after what it was about has
 * been read again. Returns what ends it.
 */
export function follow<T extends { readonly rev: number }>(
  urlAfter: (rev: number) => string,
  after: number,
  told: Follower<T>,
  around: Surroundings = { open: (url) => new EventSource(url), random: Math.random },
): () => void {
  const following = new Following(urlAfter, after, told, around)
  following.start()
  return () => following.stop()
}

type Timer = ReturnType<typeof setTimeout>

class Following<T extends { readonly rev: number }> {
  readonly #urlAfter: (rev: number) => string
  readonly #told: Follower<T>
  readonly #around: Surroundings
  #last: number
  #failures = 0
  #source: EventSource | undefined
  #again: Timer | undefined
  #silent: Timer | undefined

  constructor(urlAfter: (rev: number) => string, after: number, told: Follower<T>, around: Surroundings) {
    this.#urlAfter = urlAfter
    this.#last = after
    this.#told = told
    this.#around = around
  }

  start(): void {
    this.#say('opening')
    this.#doubt()
    this.#open()
  }

  stop(): void {
    clearTimeout(this.#again)
    clearTimeout(this.#silent)
    this.#source?.close()
  }

  #open(): void {
    const source = this.#around.open(this.#urlAfter(this.#last))
    const on = (event: string, heard: () => void) => source.addEventListener(event, heard)
    this.#source = source
    source.addEventListener('message', ({ data }) => this.#item(JSON.parse(data as string) as T))
    on('live', () => this.#live())
    on('lost', () => this.#doubt())
    on('resync', this.#told.resync)
    on('end', () => this.#over(() => this.#told.state('over')))
    on('session-ended', () => this.#over(this.#told.signedOut))
    on('problem', () => this.#retry())
    on('error', () => {
      this.#doubt()
      if (source.readyState === source.CLOSED) this.#gaveUp()
    })
  }

  #item(item: T): void {
    if (item.rev <= this.#last) return
    this.#last = item.rev
    this.#told.item(item)
  }

  #live(): void {
    this.#failures = 0
    this.#say('live')
  }

  /** Why is not said: what it was about knows, be it that it is over, gone, or that nobody is signed in. */
  #gaveUp(): void {
    this.#told.resync()
    this.#retry()
  }

  #retry(): void {
    this.#doubt()
    this.#source?.close()
    clearTimeout(this.#again)
    const wait = this.#around.random() * Math.min(longest, shortest * 2 ** this.#failures++)
    this.#again = setTimeout(() => this.#open(), wait)
  }

  #over(say: () => void): void {
    this.stop()
    say()
  }

  /** A short silence is none of a person's business. */
  #doubt(): void {
    this.#silent ??= setTimeout(() => this.#told.state('off'), patience)
  }

  #say(state: FollowState): void {
    clearTimeout(this.#silent)
    this.#silent = undefined
    this.#told.state(state)
  }
}
