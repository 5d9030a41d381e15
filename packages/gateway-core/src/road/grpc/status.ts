/** What one gRPC status is on the road and to the client. */
export interface Meaning {
  /** Its name in the specification. */
  readonly name: string
  /** HTTP status for filters: 5xx is the service's failure, of which only 503 is retried. */
  readonly road: number
  /** HTTP status for the client. */
  readonly status: number
  /** Problem code. */
  readonly code: string
}

/** https://grpc.io/docs/guides/status-codes/, by number. Documented in `docs/status-contract.md`. */
const meanings: readonly Meaning[] = [
  { name: 'OK', road: 200, status: 200, code: '' },
  { name: 'CANCELLED', road: 500, status: 502, code: 'upstream-failed' },
  { name: 'UNKNOWN', road: 500, status: 502, code: 'upstream-failed' },
  { name: 'INVALID_ARGUMENT', road: 400, status: 400, code: 'invalid-argument' },
  { name: 'DEADLINE_EXCEEDED', road: 500, status: 504, code: 'upstream-timeout' },
  { name: 'NOT_FOUND', road: 404, status: 404, code: 'not-found' },
  { name: 'ALREADY_EXISTS', road: 409, status: 409, code: 'conflict' },
  { name: 'PERMISSION_DENIED', road: 403, status: 403, code: 'forbidden' },
  { name: 'RESOURCE_EXHAUSTED', road: 429, status: 503, code: 'upstream-exhausted' },
  { name: 'FAILED_PRECONDITION', road: 409, status: 409, code: 'failed-precondition' },
  { name: 'ABORTED', road: 409, status: 409, code: 'conflict' },
  { name: 'OUT_OF_RANGE', road: 400, status: 400, code: 'invalid-argument' },
  { name: 'UNIMPLEMENTED', road: 501, status: 502, code: 'upstream-failed' },
  { name: 'INTERNAL', road: 500, status: 502, code: 'upstream-failed' },
  { name: 'UNAVAILABLE', road: 503, status: 503, code: 'upstream-unavailable' },
  { name: 'DATA_LOSS', road: 500, status: 502, code: 'upstream-failed' },
  // Our token's fault, never the user's: a 401 would send a signed-in user to sign in.
  { name: 'UNAUTHENTICATED', road: 401, status: 502, code: 'upstream-failed' },
]

/** Codes used by the gateway itself. */
export const codes = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** Unknown numbers are UNKNOWN. */
export const meaningOf = (code: number): Meaning => meanings[code] ?? meanings[codes.unknown]!

/** Parses `grpc-status`; anything invalid is UNKNOWN. */
export function codeOf(text: unknown): number {
  const code = typeof text === 'string' && /^\d{1,2}$/.test(text) ? Number(text) : codes.unknown
  return code in meanings ? code : codes.unknown
}

const byHttp: Readonly<Record<number, number>> = {
  400: codes.internal,
  401: codes.unauthenticated,
  403: codes.permissionDenied,
  404: codes.unimplemented,
  429: codes.unavailable,
  502: codes.unavailable,
  503: codes.unavailable,
  504: codes.unavailable,
}

/** For a non-gRPC response, such as a proxy's (grpc/doc/http-grpc-status-mapping.md). */
export const codeOfHttp = (status: number): number => byHttp[status] ?? codes.unknown

const byReset: Readonly<Record<number, number>> = { 8: codes.cancelled, 11: codes.resourceExhausted }

/** For a stream the service reset, by HTTP/2 code (grpc/doc/PROTOCOL-HTTP2.md, "Errors"). */
export const codeOfReset = (code: number): number => byReset[code] ?? codes.internal
