import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { Socket } from 'node:net'
import { type Address, endpointOf } from '../road/discover/address.ts'
import { Fault, faultOf } from '../road/fault.ts'
import { refusedUpgrade } from '../road/refused-upgrade.ts'
import type { Scope } from '../scope.ts'

export interface Dialled {
  readonly socket: Socket
  readonly headers: IncomingMessage['headers']
  /** What came behind the head. */
  readonly head: Buffer
}

/** A connection that changes its protocol is nobody else's before or after. */
const agents = { plain: new Agent({ keepAlive: false }), secure: new SecureAgent({ keepAlive: false }) }

/** More interim answers than this are an attack. */
const maxInterim = 32

/** Asks for a WebSocket: path and query, headers, what ends the asking, and the one right `Sec-WebSocket-Accept`. */
export type Dial = (url: string, headers: OutgoingHttpHeaders, scope: Scope, accept: string) => Promise<Dialled>

/**
 * How to reach a service at its address. Resolves with its socket; rejects with a `Fault`, or with a `Problem` where the service
 * gave the reason. An answer of any other kind, a 101 that does not prove that the question was understood among them, is a fault.
 */
export function dialler(upstream: string, address: Address): Dial {
  const { origin, base, lookup } = endpointOf(address)
  const { protocol, hostname, port } = new URL(origin)
  const secure = protocol === 'https:'
  const ask = secure ? secureRequest : request
  const options = {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    agent: secure ? agents.secure : agents.plain,
    maxHeaderSize: 16_384,
    ...(lookup && { lookup }),
  }
  return (url, headers, scope, accept) => {
    const call = ask({ ...options, path: base + url, headers })
    return answerOf(upstream, call, scope, accept)
  }
}

function answerOf(upstream: string, call: ClientRequest, scope: Scope, accept: string): Promise<Dialled> {
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>()
  const fail = (error: unknown) => {
    reject(error)
    call.destroy()
  }
  const malformed = (what: string) => fail(new Fault('malformed', upstream, new Error(what)))
  const release = scope.onEnd((reason) => fail(new Fault('aborted', upstream, reason)))
  let interim = 0
  call.on('information', ({ statusCode }) => {
    if (statusCode === 101 || ++interim > maxInterim) malformed(`interim answer ${statusCode}`)
  })
  call.on('response', (answer) => fail(refusedUpgrade(upstream, answer)))
  call.on('error', (error) => fail(faultOf(error, upstream, scope)))
  call.on('upgrade', (answer, socket: Socket, head) => {
    // From here on it is no part of the call, which can no longer end it nor hear of its errors.
    socket.on('error', () => undefined)
    release()
    if (!scope.ended && proves(answer, accept)) return resolve({ socket, headers: answer.headers, head })
    socket.destroy()
    malformed('it changed to something else')
  })
  promise.then(undefined, release)
  call.end()
  return promise
}

const proves = ({ headers }: IncomingMessage, accept: string): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && headers['sec-websocket-accept'] === accept
