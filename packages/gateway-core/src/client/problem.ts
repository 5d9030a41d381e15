import type { Contract, Declared } from '../contract.ts'
import type { Fault } from '../problem.ts'
import type { UndeclaredCode } from '../problem-types.ts'

/** Codes made by the client itself, without a response. */
export type OwnCode = 'network-error' | 'invalid-answer' | 'signed-out' | 'identity-unavailable'

/** Codes any call may fail with, undeclared by its contract. */
export type CommonCode = OwnCode | UndeclaredCode

/** Every code that a call of this operation may fail with: declared and common ones. */
export type CodeOf<C extends Contract, K extends keyof C> = CommonCode | Code<Declared<C, K>>

type Code<D> = D extends `${number} ${infer Name}` ? Name : never

interface Circumstances {
  readonly retryAfter?: number | undefined
  readonly cause?: unknown
}

/** Why a call failed: the server's problem, or one of `OwnCode`, made here. */
export class ClientProblem<Code extends string = string> extends Error {
  override readonly name = 'ClientProblem'
  /** The called operation: `GET /api/orders/:id`. */
  readonly operation: string
  /** HTTP status; 0 without a response. */
  readonly status: number
  /** Stable: switch on this, never on `title`. */
  readonly code: Code
  readonly title: string
  readonly detail: string | undefined
  readonly errors: readonly Fault[]
  /** For finding the request in the server's logs. */
  readonly traceId: string | undefined
  /** Milliseconds to wait before the next attempt (`Retry-After`). */
  readonly retryAfter: number | undefined
  /** Every other member of the problem, e.g. `loginUrl`. Unvalidated: check types before use. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(
    operation: string,
    status: number,
    body: Readonly<Record<string, unknown>>,
    { cause, retryAfter }: Circumstances = {},
  ) {
    const { type: _type, status: _status, code, title, detail, errors, traceId, ...extra } = body
    super(text(detail) ?? text(title) ?? text(code), { cause })
    this.operation = operation
    this.status = status
    this.code = (text(code) ?? 'invalid-answer') as Code
    this.title = text(title) ?? this.code
    this.detail = text(detail)
    this.errors = Array.isArray(errors) ? errors.filter(isFault) : []
    this.traceId = text(traceId)
    this.retryAfter = retryAfter
    this.extra = extra
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const isFault = (value: Fault | null): value is Fault =>
  text(value?.pointer) !== undefined && text(value?.detail) !== undefined
