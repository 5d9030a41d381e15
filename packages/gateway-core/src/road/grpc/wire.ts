import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import type { FullPolicy } from '../../policy.ts'
import type { InstanceConnections } from '../balance/instance.ts'
import type { Call, Reply } from '../call.ts'
import type { Endpoint } from '../discover/address.ts'
import { Fault, faultOf } from '../fault.ts'
import { Answering } from './answering.ts'
import { frameOf } from './frame.ts'
import { type KeptSession, Line } from './line.ts'
import { messageOf, pathOf } from './spell.ts'

/**
 * The end of the road over gRPC (grpc/doc/PROTOCOL-HTTP2.md): one HTTP/2 connection to one address for calls, and
 * others for long-lived streams, which could use up a connection's stream limit. A call the service certainly did not
 * process (REFUSED_STREAM, or above the last stream of a GOAWAY) is resent once, whatever its method.
 */
export function connections(endpoint: Endpoint, policy: FullPolicy): InstanceConnections {
  const { base } = endpoint
  const calls = new Line(endpoint, policy.connectTimeout)
  const streams = new Line(endpoint, policy.connectTimeout, 'another')
  const send = async (call: Call): Promise<Reply> => {
    const line = call.lasting === true ? streams : calls
    try {
      return await once(call, base, line, policy)
    } catch (error) {
      if (!isUnseen(error) || call.scope.ended) throw error
    }
    try {
      return await once(call, base, line, policy)
    } catch (error) {
      throw isUnseen(error) ? new Fault('refused', call.upstream, error) : error
    }
  }
  return {
    send,
    async [Symbol.asyncDispose]() {
      await Promise.all([calls[Symbol.asyncDispose](), streams[Symbol.asyncDispose]()])
    },
  }
}

const isUnseen = (error: unknown): boolean => error instanceof Fault && error.options.unseen === true

async function once(call: Call, base: string, line: Line, policy: FullPolicy): Promise<Reply> {
  let kept = await connection(call, line)
  while (line.isFull(kept)) kept = await connection(call, line)
  const start = performance.now()
  try {
    return await answer(call, kept, open(call, kept, base, policy), policy)
  } catch (error) {
    // It answered no one during this call's whole time: later calls use another.
    if (error instanceof Fault && error.kind === 'timeout' && kept.heardAt < start) line.leave(kept)
    throw error
  }
}

function open(call: Call, { session }: KeptSession, base: string, policy: FullPolicy): ClientHttp2Stream {
  try {
    return session.request(headersOf(call, base, policy), { endStream: false })
  } catch (error) {
    if (!session.closed && !session.destroyed) throw error
    throw new Fault('refused', call.upstream, error, { unseen: true })
  }
}

/** Waits for a connection, unless the call ends first. */
function connection(call: Call, line: Line): KeptSession | Promise<KeptSession> {
  const kept = line.get()
  if (!(kept instanceof Promise)) return kept
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(faultOf(error, call.upstream, call.scope))
    const release = call.scope.onEnd(fail)
    kept.then(resolve, fail).finally(release)
  })
}

const answer = (call: Call, kept: KeptSession, stream: ClientHttp2Stream, policy: FullPolicy): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { firstByteTimeout } = policy
    let late: NodeJS.Timeout | undefined
    const answering = new Answering(call, kept, stream, policy, (outcome) => {
      clearTimeout(late)
      if (outcome instanceof Fault) reject(outcome)
      else resolve(outcome)
    })
    if (firstByteTimeout > 0)
      late = setTimeout(() => answering.cancel(new Fault('timeout', call.upstream)), firstByteTimeout)
    stream.end(frameOf(messageOf(call)))
  })

/** Largest `grpc-timeout`: eight digits. */
const longest = 99_999_999

/** Request headers of a call with `left` ms to go. */
export const headOf = (path: string, left: number): OutgoingHttpHeaders => ({
  ':method': 'POST',
  ':path': path,
  te: 'trailers',
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity',
  'grpc-timeout': `${Math.min(longest, Math.max(1, Math.floor(left)))}m`,
})

function headersOf({ headers, until, url, streamed }: Call, base: string, policy: FullPolicy): OutgoingHttpHeaders {
  const { 'x-deadline-ms': _, ...travelling } = headers
  const left = until - performance.now() + (streamed ? policy.streamTimeout : 0)
  return { ...(travelling as OutgoingHttpHeaders), ...headOf(base + pathOf(url), left) }
}
