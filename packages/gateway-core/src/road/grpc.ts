import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { DescService } from '@bufbuild/protobuf'
import { type CallOptions, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import type { Credential } from '../credential.ts'
import { complete, type Policy } from '../policy.ts'
import { problem, type Problem } from '../problem.ts'
import type { Asking } from './asking.ts'
import { authorized } from './filters/onward.ts'
import { Fault, problemOf } from './fault.ts'
import { type Attempted, type Outcome, tell } from './filters/report.ts'
import { ours } from './headers.ts'

export interface GrpcRoad extends AsyncDisposable {
  /** The methods of the service. */
  readonly calls: Readonly<Record<string, (asking: Asking, input: unknown) => Promise<unknown>>>
}

type Unary = (input: unknown, options: CallOptions) => Promise<unknown>

/**
 * The one way to an upstream over gRPC. The remaining time travels as `grpc-timeout`. Only UNAVAILABLE is tried again, and of
 * that only methods whose `.proto` says that they may be (`idempotency_level`): a write could have been done.
 */
export function grpcRoad(
  upstream: string,
  service: DescService,
  address: string,
  given: Policy,
  attempted: Attempted = () => undefined,
  credential?: Credential,
): GrpcRoad {
  const policy = complete(given)
  const personal = policy.token === 'user'
  const sessionManager = new Http2SessionManager(address)
  const stub = createClient(service, createGrpcTransport({ baseUrl: address, sessionManager }))

  const invoke = async (key: string, method: Unary, input: unknown, asking: Asking): Promise<unknown> => {
    const { exchange, scope } = asking
    const until = Math.min(performance.now() + policy.timeout, asking.until)
    const attempts = isRepeatable(service, key) ? policy.attempts : 1
    const shown = await authorized(credential, exchange, upstream, scope).catch(refuse)
    const headers = { ...ours(exchange), ...shown }
    for (let nth = 1; ; nth++) {
      const timeoutMs = Math.floor(until - performance.now())
      if (timeoutMs <= 0) throw problemOf(new Fault('timeout', upstream))
      const start = performance.now()
      try {
        const answer = await method(input, { headers, signal: scope.signal, timeoutMs })
        tell(attempted, upstream, exchange, '2xx', start)
        asking.heard.push({ upstream, key, url: '', status: 200, headers: undefined, personal })
        return answer
      } catch (error) {
        const { code } = ConnectError.from(error)
        tell(attempted, upstream, exchange, outcomes[code] ?? '5xx', start)
        if (nth >= attempts || code !== Code.Unavailable) throw problemOfStatus(code, upstream, error)
      }
    }
  }
  const calls = mapMethods(
    stub,
    (method, name) => (asking: Asking, input: unknown) => invoke(name, method, input, asking),
  )
  return { calls, [Symbol.asyncDispose]: () => Promise.resolve(sessionManager.abort()) }
}

const refuse = (error: unknown): never => {
  throw error instanceof Fault ? problemOf(error) : error
}

const isRepeatable = (service: DescService, key: string): boolean =>
  service.method[key]!.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN

const mapMethods = <T>(stub: Readonly<Record<string, Unary>>, change: (method: Unary, name: string) => T) =>
  Object.fromEntries(Object.entries(stub).map(([name, method]) => [name, change(method, name)]))

/** As the metrics of the HTTP road would call it. */
const outcomes: Readonly<Partial<Record<Code, Outcome>>> = {
  [Code.Unavailable]: 'refused',
  [Code.DeadlineExceeded]: 'timeout',
  [Code.Canceled]: 'aborted',
  [Code.InvalidArgument]: '4xx',
  [Code.NotFound]: '4xx',
  [Code.PermissionDenied]: '4xx',
  [Code.AlreadyExists]: '4xx',
  [Code.FailedPrecondition]: '4xx',
}

/** Statuses that answer the client's own request. Any other is the upstream's failure; UNAUTHENTICATED is ours, never the user's. */
const answers: Readonly<Partial<Record<Code, readonly [status: number, code: string]>>> = {
  [Code.InvalidArgument]: [400, 'invalid-argument'],
  [Code.OutOfRange]: [400, 'invalid-argument'],
  [Code.NotFound]: [404, 'not-found'],
  [Code.PermissionDenied]: [403, 'forbidden'],
  [Code.AlreadyExists]: [409, 'conflict'],
  [Code.Aborted]: [409, 'conflict'],
  [Code.FailedPrecondition]: [409, 'failed-precondition'],
  [Code.ResourceExhausted]: [503, 'upstream-exhausted'],
  [Code.Unavailable]: [503, 'upstream-unavailable'],
  [Code.DeadlineExceeded]: [504, 'upstream-timeout'],
}

function problemOfStatus(code: Code, source: string, cause: unknown): Problem {
  const [status, name] = answers[code] ?? [502, 'upstream-failed']
  const headers = status === 503 ? { 'retry-after': '1' } : {}
  return problem(status, name, { source, own: status < 500, cause, headers })
}
