import { fromBinary } from '@bufbuild/protobuf'
import type { ProbePolicy } from '../../policy.ts'
import { Scope } from '../../scope.ts'
import type { Reply } from '../call.ts'
import type { Endpoint } from '../discover/address.ts'
import { Fault } from '../fault.ts'
import { Answering } from './answering.ts'
import { frameOf } from './frame.ts'
import { Health, HealthCheckResponse_ServingStatus, HealthCheckResponseSchema } from './gen/grpc/health/v1/health_pb.js'
import { Line } from './line.ts'
import { codes } from './status.ts'
import { headOf } from './wire.ts'

/** More than a response can have, in bytes. */
const maxBytes = 1_024

const path = `/${Health.typeName}/${Health.method.check.name}`

/**
 * Health probe by `grpc.health.v1.Health/Check`, over a new connection, to prove that one can be made. A server without
 * that method counts as healthy (gRFC A17).
 */
export const ask =
  ({ timeout }: Required<ProbePolicy>) =>
  async (endpoint: Endpoint): Promise<boolean> => {
    const { origin, base } = endpoint
    await using line = new Line(endpoint, timeout)
    const scope = new Scope()
    const timer = setTimeout(() => scope.end(new Fault('timeout', origin)), timeout)
    try {
      const { status, headers, body } = await check(line, base, scope, origin, timeout)
      if (status !== 200) return headers['grpc-status'] === String(codes.unimplemented)
      const answer = fromBinary(HealthCheckResponseSchema, await body.bytes(maxBytes, origin))
      return answer.status === HealthCheckResponse_ServingStatus.SERVING
    } catch {
      return false
    } finally {
      clearTimeout(timer)
    }
  }

async function check(line: Line, base: string, scope: Scope, upstream: string, timeout: number): Promise<Reply> {
  const kept = await line.get()
  const stream = kept.session.request(headOf(base + path, timeout), { endStream: false })
  stream.end(frameOf(new Uint8Array()))
  return new Promise((resolve, reject) => {
    const call = { upstream, scope, streamed: false }
    const limits = { maxBytes, idleTimeout: timeout }
    void new Answering(call, kept, stream, limits, (outcome) =>
      outcome instanceof Fault ? reject(outcome) : resolve(outcome),
    )
  })
}
