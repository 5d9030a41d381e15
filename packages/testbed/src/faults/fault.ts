/**
 * `cut`: the connection dies before the first byte · `slow`: no response ever · `failing`: an internal error · `no-json`: an
 * unparsable body · `off-contract`: a body that breaks the contract · `truncated`: half a body.
 */
export const kinds = ['cut', 'slow', 'failing', 'no-json', 'off-contract', 'truncated'] as const
export type Kind = (typeof kinds)[number]

/** An error declared in an operation's contract. */
export interface Declared {
  readonly code: string
  readonly status: number
}

export type Fault = Kind | Declared

export const nameOf = (fault: Fault): string => (typeof fault === 'string' ? fault : fault.code)

/** A failed call as its caller sees it. */
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
/** gRPC has its own status for it. */
const away = { status: 503, code: 'upstream-unavailable' }

/** A summary of the status contract. */
export function failureOf(upstream: string, fault: Fault, protocol: 'http' | 'grpc'): Failure {
  if (typeof fault !== 'string') return new Failure(upstream, fault, true)
  if (fault === 'slow') return new Failure(upstream, late)
  return new Failure(upstream, fault === 'cut' && protocol === 'grpc' ? away : failed)
}
