/** Callbacks of a follower. */
export interface Follower<T> {
  readonly item: (item: T) => void
  /** Events were lost for good, or the reason for a break is unknown: refetch the resource. */
  readonly resync: () => void
  /** The user is signed out. No callback follows. */
  readonly signedOut: () => void
  readonly state: (state: FollowState) => void
}

/** `off`: disconnected for a while, still reconnecting; `over`: no more events are possible. */
export type FollowState = 'opening' | 'live' | 'off' | 'over'

export interface Surroundings {
  readonly open: (url: string) => EventSource
  /** 0 to 1. */
  readonly random: () => number
}

/** Milliseconds without a connection before the state becomes `off`. */
const silenceBeforeOff = 2_500
/** Bounds of the backoff in milliseconds where the browser does not reconnect itself; full jitter. */
const shortest = 1_000
const longest = 30_000

/**
 * Follows a numbered stream after `after`, each item once and in order. The browser's `EventSource` reconnects by itself after a
 * broken connection but gives up on an error response: then this calls `resync` and reopens the stream after the last number.
 * Returns a function that stops it.
 */
export function follow<T extends { readonly rev: number }>(
  urlAfter: (rev: number) => string,
  after: number,
  follower: Follower<T>,
  around: Surroundings = { open: (url) => new EventSource(url), random: Math.random },
): () => void {
  const following = new Following(urlAfter, after, follower, around)
  following.start()
  return () => following.stop()
}

type Timer = ReturnType<typeof setTimeout>

class Following<T extends { readonly rev: number }> {
  readonly #urlAfter: (rev: number) => string
  readonly #follower: Follower<T>
  readonly #around: Surroundings
  #last: number
  #failures = 0
  #source: EventSource | undefined
  #retryTimer: Timer | undefined
  #silenceTimer: Timer | undefined

  constructor(urlAfter: (rev: number) => string, after: number, follower: Follower<T>, around: Surroundings) {
    this.#urlAfter = urlAfter
    this.#last = after
    this.#follower = follower
    this.#around = around
  }

  start(): void {
    this.#setState('opening')
    this.#startSilenceTimer()
    this.#open()
  }

  stop(): void {
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#silenceTimer)
    this.#source?.close()
  }

  #open(): void {
    const source = this.#around.open(this.#urlAfter(this.#last))
    const on = (event: string, heard: () => void) => source.addEventListener(event, heard)
    this.#source = source
    source.addEventListener('message', ({ data }) => this.#item(JSON.parse(data as string) as T))
    on('live', () => this.#live())
    on('lost', () => this.#startSilenceTimer())
    on('resync', this.#follower.resync)
    on('end', () => this.#finish(() => this.#follower.state('over')))
    on('session-ended', () => this.#finish(this.#follower.signedOut))
    on('problem', () => this.#retry())
    on('error', () => {
      this.#startSilenceTimer()
      if (source.readyState === source.CLOSED) this.#gaveUp()
    })
  }

  #item(item: T): void {
    if (item.rev <= this.#last) return
    this.#last = item.rev
    this.#follower.item(item)
  }

  #live(): void {
    this.#failures = 0
    this.#setState('live')
  }

  /** `EventSource` hides the cause; refetching the resource reveals it: finished, gone, or signed out. */
  #gaveUp(): void {
    this.#follower.resync()
    this.#retry()
  }

  #retry(): void {
    this.#startSilenceTimer()
    this.#source?.close()
    clearTimeout(this.#retryTimer)
    const wait = this.#around.random() * Math.min(longest, shortest * 2 ** this.#failures++)
    this.#retryTimer = setTimeout(() => this.#open(), wait)
  }

  #finish(report: () => void): void {
    this.stop()
    report()
  }

  /** Short interruptions are not reported. */
  #startSilenceTimer(): void {
    this.#silenceTimer ??= setTimeout(() => this.#follower.state('off'), silenceBeforeOff)
  }

  #setState(state: FollowState): void {
    clearTimeout(this.#silenceTimer)
    this.#silenceTimer = undefined
    this.#follower.state(state)
  }
}
