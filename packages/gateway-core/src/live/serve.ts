import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Away } from '../away.ts'
import type { Exchange, Identity } from '../exchange.ts'
import { problem, Problem } from '../problem.ts'
import { Fault, toProblem } from '../road/fault.ts'
import { formatFor, type Note } from './format.ts'
import { Outlet } from './outlet.ts'
import type { Ticked, Ticks } from './ticks.ts'

/** One message, an item or a note about the stream, and whether it is the last. */
export type Step = (
  | { readonly value: unknown; readonly rev?: number }
  | { readonly note: Note; readonly rev: number }
) & {
  readonly last?: boolean
}

/** Maps a source item to a step. `undefined`: the stream is over. */
export type StepOf = (item: never) => Promise<Step | undefined>

export interface Serving {
  readonly exchange: Exchange
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly items: AsyncIterable<unknown>
  readonly stepOf: StepOf
  readonly ticks: Ticks
  /** How it ends on shutdown. */
  readonly away: Away
  /** If it ends before it has begun, there is nothing left to send: 204. */
  readonly numbered: boolean
}

/** Milliseconds after which the head is sent, even without an item. */
const headAfter = 2_000

/**
 * Pumps items to the client while it may read them. Resolves once the stream has begun: awaiting its end would retain
 * the request's state for hours. Rejects if there is no stream at all.
 */
export const serve = (serving: Serving): Promise<void> =>
  new Promise((begun, refused) => {
    // A client that has left needs no refusal.
    new Pump(serving, begun, (failed) => (serving.res.destroyed ? begun() : refused(failed))).start()
  })

/** Sends steps in sequence. Ten thousand may be idle: each is one object, and a promise for the next item. */
class Pump implements Ticked {
  readonly #serving: Serving
  readonly #outlet: Outlet
  readonly #items: AsyncIterator<unknown>
  readonly #refused: (failed: unknown) => void
  #release: () => void = () => undefined
  #patience: NodeJS.Timeout | undefined
  #over = false

  constructor(serving: Serving, begun: () => void, refused: (failed: unknown) => void) {
    this.#serving = serving
    this.#outlet = new Outlet(serving.res, formatFor(serving.req.headers.accept), begun)
    this.#items = serving.items[Symbol.asyncIterator]()
    this.#refused = refused
  }

  start(): void {
    const { numbered, ticks } = this.#serving
    this.#release = endings(this.#serving, this.#fail)
    // It may have ended while the request was being read.
    if (this.#over) return this.#release()
    if (!numbered) this.#patience = setTimeout(() => this.#outlet.begin(), headAfter)
    ticks.add(this)
    this.#next()
  }

  #next(): void {
    if (!this.#over) this.#items.next().then((result) => this.#take(result), this.#fail)
  }

  tick(now: number, date: number): void {
    const { identity, scope } = this.#serving.exchange
    if (identity !== undefined && identity.expiresAt <= date) scope.end(expired(identity))
    else this.#outlet.tick(now)
  }

  #take(result: IteratorResult<unknown>): void {
    if (this.#over) return
    if (result.done === true) return this.#end()
    this.#serving
      .stepOf(result.value as never)
      .then((step) => this.#say(step))
      .catch(this.#fail)
  }

  #say(step: Step | undefined): void {
    if (this.#over) return
    if (step === undefined) return this.#end()
    const full = 'note' in step ? this.#outlet.note(step.note, step.rev) : this.#outlet.send(step.value, step.rev)
    const go = () => (step.last === true ? this.#end() : this.#next())
    if (full === undefined) go()
    else void full.then(go)
  }

  #end(): void {
    if (this.#over) return
    const { res, numbered } = this.#serving
    const { begun } = this.#outlet
    this.#close()
    if (res.destroyed) return
    if (numbered && !begun) this.#outlet.nothing()
    else this.#outlet.end()
  }

  readonly #fail = (error: unknown): void => {
    if (this.#over) return
    const { exchange, res, away } = this.#serving
    const { scope } = exchange
    const failed = toProblem(scope.ended && scope.reason instanceof Problem ? scope.reason : error)
    const { begun } = this.#outlet
    this.#close()
    if (!begun) return this.#refused(failed)
    if (res.destroyed || res.writableEnded) return
    const body = failed.body(exchange.traceId)
    if (failed === draining) return this.#outlet.leave(body, away.comeBack())
    if (failed.status === 401) return this.#outlet.signOut(body)
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'stream ended early')
    this.#outlet.fail(body)
  }

  /** Closes the source without waiting for it. */
  #close(): void {
    this.#over = true
    clearTimeout(this.#patience)
    this.#release()
    this.#serving.ticks.delete(this)
    this.#serving.exchange.scope.end(over)
    this.#items.return?.().then(undefined, () => undefined)
  }
}

const draining = problem(503, 'draining', { headers: { 'retry-after': '1' } })

const over = new Fault('aborted', 'stream', new Error('the stream is over'))

/** External ends: shutdown, the client leaving, credentials expired (see `tick`) or revoked. */
function endings({ exchange: { scope }, away }: Serving, fail: (reason: unknown) => void): () => void {
  // Cutting an exchange cuts its connection next, so the last event is written synchronously.
  const releases = [away.leaving.onEnd(() => scope.end(draining)), scope.onEnd(fail)]
  return () => {
    for (const release of releases) release()
  }
}

const expired = ({ by }: Identity) => problem(401, by === 'session' ? 'session-expired' : 'token-invalid')
