import type { CachePolicy } from '../../policy.ts'
import type { Call, Reply, Service } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'
import { answer, pass } from './answer.ts'
import { Flight } from './flight.ts'
import type { Question } from './question.ts'
import { conditions, isOf, storedHeaders } from './validate.ts'
import type { Entry, ResponseCache } from './response-cache.ts'
import { type Copied, drain, tee } from './tee.ts'
import { type Terms, termsOf, vary } from './terms.ts'

/** Result for the first caller: a stored response, or one still streaming. */
type Head = { readonly entry: Entry; readonly how: string } | { readonly reply: Reply; readonly how: string }

/** One fetch in flight. */
interface Fetch {
  readonly question: Question
  readonly flight: Flight
  readonly head: Promise<Head>
  /** Result for later callers: `undefined` when they cannot share it, and must each fetch. */
  readonly whole: PromiseWithResolvers<Entry | undefined>
  /** RFC 9211 §2.2: nothing was stored, or it is stale. */
  readonly why: 'miss' | 'stale'
  /** It predates a write, so its result must not be stored. */
  outdated: boolean
}

/** Milliseconds without coalescing after a response turned out not storable. */
const unkeptFor = 10_000

/** The cache's fetches: one in flight per question. Failures reach all who wait, and are not stored. */
export class Fetches {
  readonly #store: ResponseCache
  readonly #policy: Required<CachePolicy>
  readonly #timeout: number
  readonly #underWay = new Map<string, Fetch>()

  constructor(store: ResponseCache, policy: Required<CachePolicy>, timeout: number) {
    this.#store = store
    this.#policy = policy
    this.#timeout = timeout
  }

  /** Fetches, or joins a fetch in flight. */
  async answer(asked: Call, question: Question, next: Service, stale: Entry | undefined): Promise<Reply> {
    const running = this.#find(question)
    if (running !== undefined) return this.#follow(asked, question, running, next)
    const fetch = this.#begin(question, next, stale)
    try {
      const head = await fetch.flight.wait(asked, fetch.head)
      if ('entry' in head) return answer(asked, head.entry, head.how, performance.now())
      const reply = pass(asked, head.reply, head.how, this.#policy.maxEntryBytes)
      // For a 304 to the client this body is empty and over: if the client leaves, the rest is still read.
      const { body } = reply
      body.onOver(asked.scope.onEnd((reason) => body.destroy(faultOf(reason, asked.upstream, asked.scope))))
      return reply
    } catch (error) {
      fetch.head.then((head) => 'reply' in head && head.reply.body.destroy(), ignore)
      throw error
    }
  }

  /** Revalidates a stale response in the background, unless a fetch is in flight. */
  behind(question: Question, next: Service, stale: Entry): void {
    if (this.#find(question) !== undefined) return
    const until = performance.now() + this.#timeout
    const { flight, head, whole } = this.#begin(question, next, stale, { until, streamed: false })
    const leave = flight.board()
    whole.promise.then(leave, leave)
    head.then((first) => 'reply' in first && drain(first.reply.body, this.#policy.maxEntryBytes), ignore)
  }

  /** A write changed this place: fetches in flight may predate it. */
  outdate(place: string): void {
    for (const [key, fetch] of this.#underWay) {
      if (fetch.question.place !== place) continue
      fetch.outdated = true
      this.#underWay.delete(key)
    }
  }

  #find(question: Question): Fetch | undefined {
    const found = this.#underWay.get(this.#store.keyOf(question))
    return found === undefined || found.flight.scope.ended ? undefined : found
  }

  async #follow(asked: Call, question: Question, { question: first, flight, whole, why }: Fetch, next: Service) {
    const entry = await flight.wait(asked, whole.promise)
    // `Vary` may separate what looked like one question.
    const depends = entry === undefined ? [] : vary(entry.headers)
    if (entry !== undefined && question.key(depends) === first.key(depends))
      return answer(asked, entry, `fwd=${why}; collapsed`, performance.now())
    return pass(asked, await next(asked), `fwd=${why}`, this.#policy.maxEntryBytes)
  }

  #begin(question: Question, next: Service, stale: Entry | undefined, given: Partial<Call> = {}): Fetch {
    const call = { ...question.call, ...given }
    const flight = new Flight(call.streamed ? Infinity : call.until)
    const head = Promise.withResolvers<Head>()
    const whole = Promise.withResolvers<Entry | undefined>()
    const fetch: Fetch = { question, flight, head: head.promise, whole, why: stale ? 'stale' : 'miss', outdated: false }
    const key = this.#store.keyOf(question)
    this.#underWay.set(key, fetch)
    const over = () => {
      if (this.#underWay.get(key) === fetch) this.#underWay.delete(key)
    }
    whole.promise.then(over, over)
    this.#ask({ ...call, scope: flight.scope }, fetch, next, stale).then(head.resolve, (error: unknown) => {
      whole.reject(error)
      head.reject(error)
    })
    return fetch
  }

  async #ask(call: Call, fetch: Fetch, next: Service, stale: Entry | undefined): Promise<Head> {
    const at = performance.now()
    const headers = stale === undefined ? call.headers : { ...call.headers, ...conditions(stale.headers) }
    let reply: Reply
    try {
      reply = await next({ ...call, headers })
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === 'aborted' || !mayServe(stale)) throw error
      return settle(fetch, stale, `detail=${error.kind}`)
    }
    if (reply.status === 304 && stale !== undefined) {
      drain(reply.body, 0)
      if (isOf(stale, reply)) return settle(fetch, this.#renew(fetch, stale, reply, at), 'fwd-status=304')
      return this.#ask(call, fetch, next, undefined)
    }
    if (reply.status >= 500 && mayServe(stale)) {
      drain(reply.body, this.#policy.maxEntryBytes)
      return settle(fetch, stale, `fwd-status=${reply.status}`)
    }
    return this.#take(fetch, reply, at)
  }

  /** RFC 9111 §4.3.4: same bytes, new headers. */
  #renew(fetch: Fetch, stale: Entry, reply: Reply, at: number): Entry {
    const { status, bytes } = stale
    const { 'content-encoding': _, ...news } = storedHeaders(reply, bytes.length)
    const headers = { ...stale.headers, ...news }
    // Headers of this one response count for storability, though they are not stored.
    const { 'set-cookie': cookie, age } = reply.headers
    const judged = { ...headers, ...(cookie && { 'set-cookie': cookie }), ...(age && { age }) }
    const terms = this.#terms(fetch, { status, headers: judged }, at)
    if (terms === undefined) {
      this.#giveUp(fetch, { status, headers })
      return stale
    }
    const entry = { ...terms, status, headers, bytes }
    if (!fetch.outdated) this.#store.keep(fetch.question, vary(headers), entry)
    return entry
  }

  /**
   * A new response, streaming to the first caller. A copy is stored if permitted; later callers share it, or an error.
   */
  #take(fetch: Fetch, reply: Reply, at: number): Head {
    // An endless response is never complete, so later callers would wait forever.
    const terms = reply.lasting === true ? undefined : this.#terms(fetch, reply, at)
    const { maxEntryBytes } = this.#policy
    const isLarge = Number(reply.headers['content-length'] ?? 0) > maxEntryBytes
    let { body } = reply
    if (isLarge || (terms === undefined && reply.status < 500)) this.#giveUp(fetch, reply)
    else
      body = tee(body, maxEntryBytes, fetch.question.call.upstream, (copied) =>
        this.#copied(fetch, reply, terms, copied),
      )
    body.onOver(fetch.flight.board())
    const stored = terms === undefined || isLarge ? '' : '; stored'
    const status = fetch.why === 'miss' ? '' : `; fwd-status=${reply.status}`
    return { reply: { ...reply, body }, how: `fwd=${fetch.why}${status}${stored}` }
  }

  #copied(fetch: Fetch, reply: Reply, terms: Terms | undefined, copied: Copied): void {
    if (copied instanceof Fault) return fetch.whole.reject(copied)
    if (copied === 'too large') {
      this.#giveUp(fetch, reply)
      return fetch.whole.resolve(undefined)
    }
    const headers = storedHeaders(reply, copied.length)
    const entry = { ...(terms ?? once()), status: reply.status, headers, bytes: copied }
    if (terms !== undefined && !fetch.outdated) this.#store.keep(fetch.question, vary(headers), entry)
    fetch.whole.resolve(entry)
  }

  /** Later callers cannot use it. It invalidates what is stored, unless it concerns this call alone. */
  #giveUp(fetch: Fetch, { status, headers }: Pick<Reply, 'status' | 'headers'>): void {
    const speaks = status < 400 || status === 404 || status === 410
    if (speaks && !fetch.outdated)
      this.#store.keep(fetch.question, vary(headers), { passUntil: performance.now() + unkeptFor })
    fetch.whole.resolve(undefined)
  }

  #terms({ question }: Fetch, reply: Pick<Reply, 'status' | 'headers'>, at: number): Terms | undefined {
    return termsOf({ headers: question.call.headers, at, private: question.private }, reply, this.#policy)
  }
}

function settle(fetch: Fetch, entry: Entry, how: string): Head {
  fetch.whole.resolve(entry)
  return { entry, how: `fwd=stale; ${how}` }
}

const mayServe = (stale: Entry | undefined): stale is Entry => stale !== undefined && performance.now() < stale.ifError

/** For a response shared with waiting callers only. */
function once(): Terms {
  const now = performance.now()
  return { born: now, fresh: now, whileRevalidate: now, ifError: now }
}

const ignore = () => undefined
