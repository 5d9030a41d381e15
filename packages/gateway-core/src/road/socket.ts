import { WebSocket } from 'ws'
import type { FullPolicy } from '../policy.ts'
import type { Problem } from '../problem.ts'
import type { Scope } from '../scope.ts'
import type { Headers } from './call.ts'
import type { Endpoint } from './discover/address.ts'
import { Fault, faultOf } from './fault.ts'
import { refusedUpgrade } from './refused-upgrade.ts'

export interface Hearing {
  readonly upstream: string
  readonly endpoint: Endpoint
  readonly policy: Pick<FullPolicy, 'timeout' | 'idleTimeout' | 'streamTimeout' | 'maxBytes'>
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Ending it closes the socket. */
  readonly scope: Scope
  readonly heard: (text: string) => void
}

/**
 * Listens to a service over a WebSocket of our own (RFC 6455), sending nothing. Resolves with the close code; rejects
 * with a `Fault`, or with a `Problem` if the service refused it for a reason on the client's side. Silence for the
 * policy's `idleTimeout`, pings included, means dead; a message may have `maxBytes`. Closed after `streamTimeout`: the
 * service may have revoked a permission, so access is checked again regularly.
 */
export function hear({ upstream, endpoint, policy, url, headers, scope, heard }: Hearing): Promise<number> {
  const { origin, base, connect } = endpoint
  const socket = new WebSocket(origin.replace(/^http/, 'ws') + base + url, {
    ...connect,
    headers,
    handshakeTimeout: policy.timeout,
    maxPayload: policy.maxBytes,
    // Small messages cost more to decompress than they save.
    perMessageDeflate: false,
  })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const fail = (error: Problem | Fault) => {
    reject(error)
    socket.terminate()
  }
  const old = setTimeout(() => fail(new Fault('aborted', upstream, new Error('old'))), policy.streamTimeout)
  const silent = setTimeout(() => fail(new Fault('timeout', upstream, new Error('silent'))), policy.idleTimeout)
  const release = scope.onEnd((reason) => fail(new Fault('aborted', upstream, reason)))
  socket.on('unexpected-response', (_, answer) =>
    fail(refusedUpgrade(upstream, answer.statusCode ?? 0, answer.headers as Headers)),
  )
  socket.on('error', (error) => fail(faultOf(error, upstream, scope)))
  socket.on('close', (code) => {
    clearTimeout(silent)
    clearTimeout(old)
    release()
    resolve(code)
  })
  socket.on('ping', () => silent.refresh())
  socket.on('message', (data, binary) => {
    // Messages received after a failure must not be delivered.
    if (socket.readyState !== WebSocket.OPEN) return
    silent.refresh()
    if (binary) return fail(new Fault('malformed', upstream, new Error('a binary message')))
    try {
      heard((data as Buffer).toString())
    } catch (error) {
      fail(error instanceof Fault ? error : new Fault('malformed', upstream, error))
    }
  })
  return promise
}
