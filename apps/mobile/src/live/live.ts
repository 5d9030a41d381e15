import { type LiveMessage, type LiveRequest, orderTopic } from '@bff/contracts/mobile-live'
import { type Bearer, ClientProblem, type Clock, clock } from '@bff/gateway-core/client'
import type { mobileClient } from '../client.ts'
import { ask, isAnswer, isFinal, readAnew } from './ask.ts'
import { type Connect, type Ended, line } from './line.ts'
import { Track, type Update } from './track.ts'

export interface LiveOptions {
  readonly client: ReturnType<typeof mobileClient>
  readonly as: Bearer
  /** URL of mobile-bff. */
  readonly baseUrl: string
  /** Default: the platform's `WebSocket`. */
  readonly connect?: Connect
  readonly time?: Clock
  /** Consecutive sockets that fail to open before it falls back to polling. Default 3. */
  readonly tries?: number
  /** Milliseconds of polling before it tries a socket again. Default 60 000. */
  readonly polling?: number
  /** Milliseconds between pings. Default 20 000. */
  readonly beat?: number
}

/** Bounds of the backoff in milliseconds; full jitter. */
const shortest = 500
const longest = 30_000

type Refusal = Readonly<Record<string, unknown>> & { readonly status: number; readonly code: string }

const overTheSocket = 'GET /m/v1/live'

/**
 * Live state of the signed-in user's orders: each state once and in order, across reconnects. All orders share one socket, open
 * while anybody reads; without a socket it polls. Close it at sign-out.
 */
export class Live implements Disposable {
  readonly #options: LiveOptions
  readonly #time: Clock
  readonly #tracks = new Map<string, Track>()
  readonly #person: number
  #stop = new AbortController()
  #send: ((request: LiveRequest) => void) | undefined
  #running = false
  #closed = false
  /** The current transport. */
  by: 'socket' | 'poll' | 'nothing' = 'nothing'

  constructor(options: LiveOptions) {
    this.#options = options
    this.#time = options.time ?? clock
    this.#person = options.as.person
  }

  /** The states of an order newer than `after`. Ends with `close`; throws the `ClientProblem` that makes going on impossible. */
  order(id: string, after = 0): AsyncIterableIterator<Update> {
    this.#tracks.get(id)?.end()
    const track = new Track(id, after, () => this.#leave(track))
    if (this.#closed) track.end()
    else {
      this.#tracks.set(id, track)
      this.#subscribe(track)
      if (!this.#running) void this.#run()
    }
    return track
  }

  /** Call when the app returns to the foreground or changes networks: cuts short every wait. */
  wake(): void {
    this.#stop.abort()
    this.#stop = new AbortController()
  }

  close(): void {
    this.#closed = true
    this.#endAll()
    this.#stop.abort()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #leave(track: Track): void {
    if (this.#tracks.get(track.id) !== track) return
    this.#tracks.delete(track.id)
    this.#send?.({ type: 'unsubscribe', topic: orderTopic(track.id) })
    if (this.#tracks.size === 0) this.#stop.abort()
  }

  #endAll(error?: unknown): void {
    for (const track of this.#tracks.values()) track.end(error === undefined ? {} : { error })
    this.#tracks.clear()
  }

  #subscribe({ id, rev }: Track): void {
    if (this.#tracks.has(id)) this.#send?.({ type: 'subscribe', topic: orderTopic(id), after: rev })
  }

  async #run(): Promise<void> {
    const { tries = 3, polling = 60_000 } = this.#options
    this.#running = true
    let failures = 0
    while (this.#tracks.size > 0) {
      if (this.#stop.signal.aborted) this.#stop = new AbortController()
      try {
        if (failures >= tries) await this.#poll(polling)
        const { opened, retryIn } = await this.#socket()
        failures = opened ? 0 : failures + 1
        if (this.#tracks.size > 0) await this.#pause(retryIn ?? this.#time.random() * backoff(failures))
      } catch (error) {
        if (isFinal(error) || this.#person !== this.#options.as.person) this.#endAll(error)
        failures += 1
        await this.#pause(this.#time.random() * backoff(failures))
      }
    }
    this.by = 'nothing'
    this.#running = false
  }

  async #socket(): Promise<Ended> {
    const { client, baseUrl, beat = 20_000, connect = platform } = this.#options
    const { signal } = this.#stop
    const { ticket } = await client.with({ signal })('POST /m/v1/tickets')
    const url = `${baseUrl.replace(/^http/, 'ws').replace(/\/$/, '')}/m/v1/live`
    const ended = await line(connect, url, ticket, {
      beat,
      signal,
      opened: (send) => {
        this.by = 'socket'
        this.#send = send
        for (const track of this.#tracks.values()) this.#subscribe(track)
      },
      received: (message) => this.#receive(message),
    })
    this.#send = undefined
    if (ended.code === 4403) throw new ClientProblem(overTheSocket, 403, { code: ended.reason, title: ended.reason })
    return ended
  }

  #receive(message: LiveMessage): void {
    if (this.#person !== this.#options.as.person) return this.close()
    if (message.type === 'reauth') return void this.#reauthenticate(message.in)
    if (!('topic' in message) || message.topic === undefined) return
    const track = this.#tracks.get(message.topic.slice(orderTopic('').length))
    if (track === undefined) return
    if (message.type === 'event') track.tell(message.data)
    if (message.type === 'resync') void this.#resync(track)
    if (message.type === 'problem') void this.#handleProblem(track, message.problem)
  }

  /** Sends a fresh token; refreshes it, shared with all other calls, if it would expire with the socket's. */
  async #reauthenticate(left: number): Promise<void> {
    // On failure the socket ends when its token expires; the ticket request for the next one reports the cause.
    const token = await this.#options.as.token(overTheSocket, left + 1_000).catch(() => undefined)
    if (token !== undefined) this.#send?.({ type: 'auth', token: token.accessToken })
  }

  /** Retries a temporary failure; any other ends this order only. */
  async #handleProblem(track: Track, problem: Refusal): Promise<void> {
    if (isAnswer(problem)) {
      track.end({ error: new ClientProblem(overTheSocket, problem.status, problem) })
      this.#tracks.delete(track.id)
      return
    }
    await this.#pause(shortest + this.#time.random() * shortest)
    this.#subscribe(track)
  }

  async #resync(track: Track): Promise<void> {
    try {
      await readAnew(this.#options.client, track)
    } catch {
      await this.#pause(shortest + this.#time.random() * longest)
      this.#subscribe(track)
    }
  }

  /** Polls for `ms` milliseconds, or until `wake`. */
  async #poll(ms: number): Promise<void> {
    const { signal } = this.#stop
    const until = this.#time.now() + ms
    this.by = 'poll'
    while (!signal.aborted && this.#tracks.size > 0 && this.#time.now() < until) {
      await Promise.all([...this.#tracks.values()].map((track) => this.#pollOrder(track, signal)))
    }
  }

  async #pollOrder(track: Track, signal: AbortSignal): Promise<void> {
    // No order is polled again before all have responded.
    const wait = this.#tracks.size > 1 ? 5_000 : 25_000
    try {
      await ask(this.#options.client.with({ signal }), track, wait)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof ClientProblem) || isFinal(error)) throw error
      await this.#handleProblem(track, { ...error.extra, status: error.status, code: error.code })
    }
  }

  #pause(ms: number): Promise<unknown> {
    const { signal } = this.#stop
    if (signal.aborted) return Promise.resolve()
    return Promise.race([
      this.#time.wait(ms),
      new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
    ])
  }
}

const backoff = (failures: number): number => Math.min(longest, shortest * 2 ** failures)

const platform: Connect = (url, protocols) => new WebSocket(url, protocols)
