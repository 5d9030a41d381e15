import type { DescService, MessageInitShape } from '@bufbuild/protobuf'
import type { Policy } from '../../src/policy.ts'
import { Problem } from '../../src/problem.ts'
import type { Asking } from '../../src/road/asking.ts'
import { grpcClient } from '../../src/road/grpc/client.ts'
import { ask } from '../../src/road/grpc/health.ts'
import { connections } from '../../src/road/grpc/wire.ts'
import { road, type RoadOptions } from '../../src/road/road.ts'
import { Scope } from '../../src/scope.ts'
import type { Exchange } from '../../src/exchange.ts'
import { exchangeOf } from '../exchange.ts'
import { type Answer, type AskSchema, Sample } from './gen/sample_pb.js'
import { plainCredential } from '../tokens.ts'

type Input = MessageInitShape<typeof AskSchema>

/** For whom a call is made. */
export function askingOf(given: Partial<Asking> = {}, exchange: Partial<Exchange> = {}): Asking {
  const until = performance.now() + 5_000
  return { exchange: exchangeOf(exchange), scope: new Scope(), until, heard: [], gathering: new Map(), ...given }
}

export interface SampleClient extends AsyncDisposable {
  call(method: 'read' | 'put' | 'post', input?: Input, asking?: Asking): Promise<Answer>
  watch(input?: Input, asking?: Asking): AsyncIterableIterator<Answer>
}

/** The road to a service over gRPC, as a gateway opens it. */
export function sampleAt(
  addresses: string,
  policy: Policy = {},
  options: RoadOptions = {},
  service: DescService = Sample,
): SampleClient {
  const credential = policy.token === 'user' ? plainCredential : undefined
  const way = road(addresses, policy, { credential, ...options }, { open: connections, ask })
  const calls = grpcClient('sample', service, way)
  return {
    call: (method, input = {}, asking = askingOf()) => calls[method]!.call(asking, input) as Promise<Answer>,
    watch: (input = {}, asking = askingOf()) => calls['watch']!.call(asking, input) as AsyncIterableIterator<Answer>,
    [Symbol.asyncDispose]: () => way[Symbol.asyncDispose](),
  }
}

/** What a call has come to: the id that was answered, or status and code of the problem. */
export const outcome = (call: Promise<Answer>): Promise<string> =>
  call.then(
    ({ id }) => id,
    (error: unknown) => {
      if (!(error instanceof Problem)) throw error
      return `${error.status} ${error.code}`
    },
  )

export const problemOf = (call: Promise<unknown>): Promise<Problem> =>
  call.then(
    () => {
      throw new Error('it was answered')
    },
    (error: unknown) => {
      if (error instanceof Problem) return error
      throw error
    },
  )
