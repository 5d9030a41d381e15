import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { problem, Problem } from '../../problem.ts'
import { toProblem } from '../../road/fault.ts'
import type { SessionEnd, SocketSession } from '../../exchange.ts'
import { closing, complaint, readMessage, type ClientMessage, type ServerMessage } from './messages.ts'
import type { Ticked } from '../ticks.ts'
import type { Client } from './rules.ts'
import { type TopicsOwner, Topics } from './topics.ts'

/** Message rate of a client: a burst, then one per `every` milliseconds. Pings and pongs count. */
export const pace = { burst: 100, every: 100 }

/** When new credentials are requested: 60 s before expiry, or for short-lived ones at half of the time left. */
export const renewalOf = (expiresAt: number, date: number): number =>
  expiresAt - Math.min(60_000, (expiresAt - date) / 2)

const nothing = (): void => undefined

/** One client and its topics over one socket. It has no timer: thousands share one, see `tick`. */
export class Talk implements SocketSession, Ticked, TopicsOwner {
  why: SessionEnd | undefined
  readonly wire: Duplex
  readonly client: Client
  readonly #socket: WebSocket
  readonly #topics = new Topics(this)
  #paidUntil = 0
  #nextPing: number
  #answered = true
  #lastWord: number
  /** Epoch milliseconds at which new credentials are requested; undefined afterwards. */
  #renewal: number | undefined
  #proving = false

  constructor(socket: WebSocket, wire: Duplex, client: Client, now = performance.now()) {
    const { rhythm, ticks } = client.rules
    this.wire = wire
    this.client = client
    this.#socket = socket
    this.#lastWord = now
    this.#nextPing = now + rhythm.ping
    this.#renewal = renewalOf(this.#expiresAt, Date.now())
    socket.on('message', (data, binary) => this.#hear(data as Buffer, binary))
    socket.on('ping', () => void this.#pays())
    socket.on('pong', () => {
      this.#answered = true
      this.#pays()
    })
    // An unhandled error would end the process; `close` handles it all.
    socket.on('error', nothing)
    socket.on('close', () => {
      ticks.delete(this)
      this.#topics.end()
    })
    ticks.add(this)
  }

  tick(now: number, date: number): void {
    const { rhythm } = this.client.rules
    const left = this.#expiresAt - date
    if (left <= 0) return this.#end(closing.unproven, 'token-invalid')
    if (this.#renewal !== undefined && date >= this.#renewal) {
      this.#renewal = undefined
      this.tell({ type: 'reauth', in: Math.floor(left) })
    }
    if (this.#topics.size === 0 && now - this.#lastWord > rhythm.idle) return this.#end(closing.idle, 'idle')
    if (now < this.#nextPing) return
    if (!this.#answered) return this.#socket.terminate()
    this.#answered = false
    this.#nextPing = now + rhythm.ping
    this.#socket.ping()
  }

  /** The credentials that opened it are no longer valid. */
  cut(reason: unknown): void {
    this.why ??= 'ended'
    this.#end(closing.unproven, reason instanceof Problem ? reason.code : 'token-invalid')
  }

  /** Shutdown. Clients get different reconnect delays, so that they do not return together. */
  leave(): void {
    this.why ??= 'draining'
    const retryIn = this.client.rules.comeBack()
    const failed = problem(503, 'draining')
    this.tell({ type: 'problem', problem: failed.body(this.client.exchange.traceId), retryIn })
    this.#end(closing.draining, failed.code)
  }

  #hear(data: Buffer, binary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN || !this.#pays()) return
    if (binary) return this.#end(closing.notText, 'message-unknown')
    this.#lastWord = performance.now()
    try {
      this.#obey(readMessage(data.toString()))
    } catch (error) {
      this.#complain(toProblem(error))
    }
  }

  #obey(said: ClientMessage): void {
    if (said.type === 'subscribe') this.#topics.follow(said.topic, said.after)
    else if (said.type === 'unsubscribe') this.#topics.drop(said.topic)
    else if (said.type === 'ping') this.tell({ type: 'pong' })
    else void this.#renew(said.token)
  }

  async #renew(token: string): Promise<void> {
    if (this.#proving) return this.#complain(problem(429, 'auth-pending'))
    this.#proving = true
    try {
      const { client } = this
      client.grant = await client.rules.renew(client.exchange, token)
      this.#renewal = renewalOf(this.#expiresAt, Date.now())
    } catch (error) {
      const failed = toProblem(error)
      if (failed.status === 403) this.#end(closing.forbidden, failed.code)
      else this.#complain(failed)
    } finally {
      this.#proving = false
    }
  }

  get #expiresAt(): number {
    return this.client.exchange.identity?.expiresAt ?? Infinity
  }

  /** GCRA: closes the socket and returns false above the rate. */
  #pays(): boolean {
    const now = performance.now()
    this.#paidUntil = Math.max(this.#paidUntil, now) + pace.every
    const may = this.#paidUntil - now <= pace.burst * pace.every
    if (!may) this.#end(closing.flood, 'too-many-messages')
    return may
  }

  #complain(failed: Problem): void {
    this.tell(complaint(failed, this.client.exchange.traceId))
  }

  tell(told: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(told))
  }

  #end(code: number, reason: string): void {
    this.#topics.end()
    this.#socket.close(code, reason)
  }
}
