/**
 * `cut` the connection dies before a byte of the answer · `slow` no answer ever · `failing` an internal error · `no-json` a body that
 * cannot be read · `off-contract` one that is not what was agreed · `truncated` half a body.
 */
export const kinds = ['cut', 'slow', 'failing', 'no-json', 'off-contract', 'truncated'] as const
export type Kind = (typeof kinds)[number]

/** An error that the contract of an operation names. */
export interface Declared {
  readonly code: string
  readonly status: number
}

export type Fault = Kind | Declared

export const nameOf = (fault: Fault): string => (typeof fault === 'string' ? fault : fault.code)

/** What a call that fails so is for whoever made it. */
export class Failure extends Error {
  readonly status: number
  readonly code: string
  readonly source: string
  /** Declared by the service's contract. */
  readonly own: boolean

  constructor(source: string, { status, code }: Declared, own = false) {
    super(`${source}: ${status} ${code}`)
    this.status = status
    this.code = code
    this.source = source
    this.own = own
  }
}

const failed = { status: 502, code: 'upstream-failed' }
const late = { status: 504, code: 'upstream-timeout' }
/** gRPC has a status for it. */
const away = { status: 503, code: 'upstream-unavailable' }

/** The status contract, in short. */
export function failureOf(upstream: string, fault: Fault, protocol: 'http' | 'grpc'): Failure {
  if (typeof fault !== 'string') return new Failure(upstream, fault, true)
  if (fault === 'slow') return new Failure(upstream, late)
  return new Failure(upstream, fault === 'cut' && protocol === 'grpc' ? away : failed)
}
