import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Fault } from './fault.ts'

/** What a service answered once, and answers from then on. */
export interface Answer {
  readonly upstream: string
  /** `GET /orders/:id`, or the name of a remote method. */
  readonly operation: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** One attempt that has reached a proxy. */
export interface Seen {
  readonly upstream: string
  readonly operation: string
  /** `performance.now()` */
  readonly from: number
  /** When it was answered or given up. */
  until: number | undefined
  readonly over: Promise<void>
}

/** By the spelling of the request. */
export type Answers = Map<string, Answer>

export interface Given {
  /** Absent: the services are asked, and what they answer is written down. */
  readonly answers?: Answers
  /** By upstream and operation: `catalog GET /products`. */
  readonly faults?: ReadonlyMap<string, Fault>
  /** Answers that a service lets be kept are too old at once. Otherwise they are as they were. */
  readonly outdated?: boolean
}

/** One request to a BFF, and all that is asked for it: the trace it belongs to says so. */
export interface Scenario extends Required<Given> {
  readonly traceparent: string
  readonly traceId: string
  readonly recording: boolean
  /** What its route's guard has granted. */
  granted: object
  readonly seen: Seen[]
  /** Asked for, and by no request before. */
  readonly unknown: string[]
  /** Resolves when a call of it gets no answer, so that all that happens next is that time passes. */
  readonly waiting: PromiseWithResolvers<void>
}

/** Those under way, by trace. */
export class Scenarios {
  readonly #underWay = new Map<string, Scenario>()

  begin({ answers, faults = new Map(), outdated = false }: Given): Scenario {
    const traceId = randomBytes(16).toString('hex')
    const scenario = {
      answers: answers ?? new Map<string, Answer>(),
      recording: answers === undefined,
      granted: {},
      faults,
      outdated,
      traceId,
      traceparent: `00-${traceId}-${'1'.repeat(16)}-01`,
      seen: [],
      unknown: [],
      waiting: Promise.withResolvers<void>(),
    }
    this.#underWay.set(traceId, scenario)
    return scenario
  }

  end({ traceId }: Scenario): void {
    this.#underWay.delete(traceId)
  }

  /** Absent: nobody asks any more. */
  of({ traceparent }: IncomingHttpHeaders): Scenario | undefined {
    return this.named(String(traceparent).slice(3, 35))
  }

  named(traceId: string): Scenario | undefined {
    return this.#underWay.get(traceId)
  }
}

export const spell = (upstream: string, operation: string, what: string | Uint8Array): string =>
  `${upstream} ${operation} ${typeof what === 'string' ? what : Buffer.from(what).toString('base64')}`

export const placeOf = ({ upstream, operation }: Pick<Answer, 'upstream' | 'operation'>): string =>
  `${upstream} ${operation}`

/** A call has come; it is over when its answer is, or its caller gone. */
export function see(
  scenario: Scenario,
  upstream: string,
  operation: string,
  answer: { once(event: 'close', listener: () => void): unknown },
): void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seen: Seen = { upstream, operation, from: performance.now(), until: undefined, over: promise }
  scenario.seen.push(seen)
  answer.once('close', () => {
    seen.until = performance.now()
    resolve()
  })
}
