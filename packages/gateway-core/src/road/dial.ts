import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { Socket } from 'node:net'
import { Body } from './body.ts'
import type { Call, Headers, Reply, Service } from './call.ts'
import type { Endpoint } from './discover/address.ts'
import { Fault, faultOf } from './fault.ts'

/** More interim responses than this are an attack. */
const maxInterim = 32

/**
 * The end of the road for WebSocket calls. A 101 with the right proof is a reply with a socket; its body is over when
 * the socket closes, and fails when it breaks. Any other response is a reply without a body.
 */
export function dialler({ origin, base, hostname, connect }: Endpoint): Service {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const ask = secure ? secureRequest : request
  const options = {
    ...connect,
    hostname,
    port,
    // A connection to be upgraded is never shared. TLS sessions resume earlier verification, so each upstream has its
    // own agent: another may trust other authorities.
    agent: new (secure ? SecureAgent : Agent)({ keepAlive: false }),
    maxHeaderSize: 16_384,
  }
  return (call) => {
    const headers = call.headers as Readonly<Record<string, string | string[]>>
    return answerOf(call, ask({ ...options, path: base + call.url, headers }))
  }
}

function answerOf(call: Call, asked: ClientRequest): Promise<Reply> {
  const { upstream, scope } = call
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const fail = (error: unknown) => {
    reject(error)
    asked.destroy()
  }
  const malformed = (what: string) => fail(new Fault('malformed', upstream, new Error(what)))
  const late = setTimeout(() => fail(new Fault('timeout', upstream)), call.until - performance.now())
  const release = scope.onEnd((reason) => fail(new Fault('aborted', upstream, reason)))
  const settled = () => {
    clearTimeout(late)
    release()
  }
  let interim = 0
  asked.on('information', ({ statusCode }) => {
    if (statusCode === 101 || ++interim > maxInterim) malformed(`interim answer ${statusCode}`)
  })
  asked.on('response', ({ statusCode: status = 0, headers }) => {
    resolve({ status, headers: headers as Headers, body: Body.of('') })
    asked.destroy()
  })
  asked.on('error', (error) => fail(faultOf(error, upstream, scope)))
  asked.on('upgrade', (answer, socket: Socket, head) => {
    // From here on the call can neither end the socket nor hear of its errors.
    const body = bodyOf(socket, call)
    if (!scope.ended && proves(answer, call.upgrade))
      return resolve({
        status: 101,
        headers: answer.headers as Headers,
        body,
        lasting: true,
        upgraded: { socket, head },
      })
    socket.destroy()
    malformed('it switched to another protocol')
  })
  promise.then(settled, settled)
  asked.end()
  return promise
}

/** Represents only how the socket ends, not its data. */
function bodyOf(socket: Socket, { upstream, scope }: Call): Body {
  const body = new Body({ pause: () => undefined, resume: () => undefined, abort: () => socket.destroy() })
  socket.on('error', (error) => body.fail(faultOf(error, upstream, scope)))
  socket.once('close', () => body.finish())
  return body
}

const proves = ({ headers }: IncomingMessage, accept: string | undefined): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && headers['sec-websocket-accept'] === accept
