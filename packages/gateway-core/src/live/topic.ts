import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Followed } from '../contract.ts'
import { Problem } from '../problem.ts'
import { Fault } from '../road/fault.ts'
import type { Asking } from '../road/asking.ts'
import { Scope } from '../scope.ts'
import { Follower, type FollowerSource } from './follower.ts'
import { Log } from './log.ts'
import type { Listen } from './listen.ts'

export interface TopicOptions {
  readonly upstream: string
  /** For log lines. */
  readonly key: string
  readonly listen: Listen
  /** Everything after it can be replayed, as far as the log reaches. */
  readonly floor: number
  /** Milliseconds in which the service must deliver its backlog. */
  readonly timeout: number
  /** Milliseconds it outlives its last follower. */
  readonly linger: number
  /** Called when it is over. */
  readonly gone: () => void
  readonly log: Logger
  /** 0 to 1. */
  readonly random: () => number
}

const over = new Error('the connection is over')

/** Bounds of the retry delay in milliseconds, full jitter (Brooker, 2015). */
const shortest = 200
const longest = 10_000

/** One followed topic: one connection to its service, one log, and all its readers. */
export class Topic implements FollowerSource {
  readonly #options: TopicOptions
  readonly #scope = new Scope()
  readonly #followers = new Set<Follower>()
  #log: Log
  #state: 'opening' | 'live' | 'lost' = 'opening'
  #why: unknown
  #failure: { readonly error: unknown } | undefined
  #leaving: NodeJS.Timeout | undefined
  /** Runs until the backlog is delivered. */
  #late: NodeJS.Timeout | undefined

  constructor(options: TopicOptions) {
    this.#options = options
    this.#log = new Log(options.floor)
  }

  follow(asking: Pick<Asking, 'exchange' | 'scope'>, after: number): Follower {
    const first = this.#followers.size === 0 && this.#leaving === undefined
    clearTimeout(this.#leaving)
    const follower = new Follower(this, asking, after)
    if (!asking.scope.ended) this.#followers.add(follower)
    if (first) void this.#run()
    return follower
  }

  /** Ends the topic for all followers. */
  end(error: unknown): void {
    if (this.#scope.ended) return
    clearTimeout(this.#leaving)
    this.#failure = { error }
    this.#options.gone()
    this.#scope.end(error)
    this.#wake()
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
    if (this.#followers.size > 0 || this.#scope.ended) return
    this.#leaving = setTimeout(
      () => this.end(new Fault('aborted', this.#options.upstream)),
      this.#options.linger,
    ).unref()
  }

  #wake(): void {
    for (const follower of this.#followers) follower.wake()
  }

  tell(follower: Follower): Followed<unknown> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#state === 'opening') return undefined
    const log = this.#log
    const other = follower.log !== undefined && follower.log !== log
    follower.log = log
    if (other || follower.rev < log.floor) {
      follower.rev = log.last
      return { type: 'resync', rev: follower.rev }
    }
    const entry = log.after(follower.rev)
    if (entry !== undefined) {
      follower.rev = entry.rev
      return { type: 'item', rev: entry.rev, item: entry.item }
    }
    if (follower.state === this.#state) return undefined
    follower.state = this.#state
    return this.#state === 'lost' ? { type: 'lost', rev: log.last } : { type: 'live', rev: log.last, item: log.newest }
  }

  async #run(): Promise<void> {
    const { log, key, timeout, random } = this.#options
    const until = performance.now() + timeout
    const opening = () => this.#state === 'opening'
    for (let failures = 0; !this.#scope.ended;) {
      const lived = await this.#listen(opening() ? until - performance.now() : timeout)
      if (this.#scope.ended) return
      if (isFinal(this.#why, opening()) || this.#followers.size === 0) return this.end(this.#why)
      failures = lived ? 0 : failures + 1
      if (this.#state === 'live' && failures > 0) {
        this.#state = 'lost'
        log.warn({ key, err: this.#why }, 'a feed is lost')
        this.#wake()
      }
      const wait = random() * Math.min(longest, shortest * 2 ** failures)
      if (opening() && performance.now() + wait >= until) return this.end(this.#why)
      await pause(wait, undefined, { ref: false })
    }
  }

  /** One connection, start to end. Returns whether its backlog was delivered. */
  async #listen(patience: number): Promise<boolean> {
    const { upstream, listen } = this.#options
    const scope = this.#scope.child()
    this.#late = setTimeout(() => scope.end(new Fault('timeout', upstream)), Math.max(1, patience))
    let lived = false
    try {
      // Any follower's credentials will do: the service cannot tell them apart.
      const [follower] = this.#followers
      if (follower === undefined) return false
      const code = await listen({ exchange: follower.exchange, scope, after: this.#log.last }, (said, bytes) => {
        if ('rev' in said) return this.#add(said.rev, said.item, bytes)
        this.#inTime()
        lived = true
        this.#live(said.live)
      })
      this.#why = new Fault('reset', upstream, new Error(`closed with ${code}`))
    } catch (error) {
      this.#why = error
    } finally {
      this.#inTime()
      scope.end(over)
    }
    return lived
  }

  /** Dropped as well as cleared: a timer is retained as long as its reference. */
  #inTime(): void {
    clearTimeout(this.#late)
    this.#late = undefined
  }

  #add(rev: number, item: unknown, bytes: number): void {
    if (this.#log.add({ rev, item, bytes })) this.#wake()
  }

  /** Behind our log, the service has a new one; ahead of it, it withheld events. */
  #live(rev: number): void {
    const { log, key } = this.#options
    if (rev !== this.#log.last) {
      log.warn({ key, known: this.#log.last, rev }, 'a feed was reset')
      this.#log = new Log(rev)
    }
    if (this.#state === 'lost') log.info({ key }, 'a feed is restored')
    this.#state = 'live'
    this.#wake()
  }
}

/** An answer, or a bug of ours: retrying would not change it. 429 is only temporary. */
const isFinal = (why: unknown, first: boolean): boolean =>
  why instanceof Problem ? first || why.status !== 429 : !(why instanceof Fault)
