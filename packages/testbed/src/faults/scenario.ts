import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Fault } from './fault.ts'

/** A recorded response, replayed from then on. */
export interface Answer {
  readonly upstream: string
  /** `GET /orders/:id`, or the name of a remote method. */
  readonly operation: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** An attempt that reached a proxy. */
export interface Seen {
  readonly upstream: string
  readonly operation: string
  /** `performance.now()` */
  readonly from: number
  /** When it was answered or aborted. */
  until: number | undefined
  readonly over: Promise<void>
}

/** Recorded responses by the request's exact form. */
export type Answers = Map<string, Answer>

export interface Given {
  /** Absent: the services respond and are recorded. */
  readonly answers?: Answers
  /** By upstream and operation: `catalog GET /products`. */
  readonly faults?: ReadonlyMap<string, Fault>
  /** Makes cacheable responses stale at once. Otherwise they keep their lifetime. */
  readonly outdated?: boolean
}

/** One request to a BFF and all the calls it causes, recognized by their trace. */
export interface Scenario extends Required<Given> {
  readonly traceparent: string
  readonly traceId: string
  readonly recording: boolean
  /** What its route's guard granted. */
  granted: object
  readonly seen: Seen[]
  /** Calls without a recording. */
  readonly unknown: string[]
  /** Resolves when a call gets no response, so that only time can pass from here. */
  readonly waiting: PromiseWithResolvers<void>
}

/** Running scenarios, by trace. */
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

  /** Undefined: its client is gone. */
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

/** Records a call, which is over when it is answered or its caller is gone. */
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
