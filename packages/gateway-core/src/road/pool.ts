import { buildConnector, type Dispatcher, Pool } from 'undici'
import type { FullPolicy } from '../policy.ts'
import type { InstanceConnections } from './balance/instance.ts'
import { Body } from './body.ts'
import { type Call, isUpload, type Reply, type Service } from './call.ts'
import { dialler } from './dial.ts'
import type { Endpoint } from './discover/address.ts'
import { Fault, faultOf } from './fault.ts'

/** More interim (1xx) responses than this are an attack. */
const maxInterim = 32

/** Milliseconds without reuse after a kept-alive connection died: others dropped while idle are likely dead too. */
const wariness = 1_000

/** Most response headers. No service needs as many. */
const maxFields = 256

/** The end of the road: connections to one address. Redirects are returned, never followed. */
export function connections(endpoint: Endpoint, policy: FullPolicy): InstanceConnections {
  const { origin, base, connect } = endpoint
  const options: Pool.Options = {
    // HTTP/1.1 over TLS, too: the response limits are those of its parser.
    connect: connector({ ...connect, timeout: policy.connectTimeout, allowH2: false }),
    // Below the five seconds after which a Node server hangs up: a request sent as the server closes is lost.
    keepAliveTimeout: 4_000,
    bodyTimeout: policy.idleTimeout,
    maxHeaderSize: 16_384,
  }
  const kept = new Pool(origin, options)
  const fresh = new Pool(origin, { ...options, pipelining: 0 })
  // Separate, as a pool scans all of its connections for a free one.
  const lasting = new Pool(origin, options)
  let waryUntil = 0
  const send: Service = (call) =>
    new Promise((resolve, reject) => {
      const { method, headers, body } = call
      const receiver = new Receiver(call, resolve, (fault) => {
        if (fault.options.reused === true) waryUntil = performance.now() + wariness
        reject(fault)
      })
      if (receiver.gone) return
      try {
        // Counted from the last byte sent: an upload has no other limit on the wait for its response.
        const headersTimeout = policy.firstByteTimeout || (isUpload(call) ? policy.timeout : 0)
        const path = base + call.url
        const isNew = call.anew === true || performance.now() < waryUntil
        const pool = isNew ? fresh : call.lasting === true ? lasting : kept
        pool.dispatch({ path, method, headers: headers as Record<string, string>, body, headersTimeout }, receiver)
      } catch (error) {
        receiver.onResponseError(undefined, error)
      }
    })
  const dial = dialler(endpoint)
  return {
    send: (call) => (call.upgrade === undefined ? send(call) : dial(call)),
    async [Symbol.asyncDispose]() {
      await Promise.all([kept.destroy(), fresh.destroy(), lasting.destroy()])
    },
  }
}

const isEvents = ({ 'content-type': type = '' }: Readonly<Record<string, string>>): boolean =>
  /^text\/event-stream\s*(?:;|$)/i.test(type)

/** Attaches the bytes read to a socket's error, to tell whether it had answered before, see `faultOf`. */
function connector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (target, done) =>
    connect(target, (...[error, socket]) => {
      if (error !== null) return done(error, null)
      socket.prependListener('error', (cause) => Object.assign(cause, { socket: { bytesRead: socket.bytesRead } }))
      done(null, socket)
    })
}

/** One request in flight: undici calls it, and it settles the promise and fills the body. */
class Receiver implements Dispatcher.DispatchHandler {
  gone = false
  readonly #call: Call
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (fault: Fault) => void
  readonly #release: () => void
  #controller: Dispatcher.DispatchController | undefined
  #body: Body | undefined
  #interim = 0

  constructor(call: Call, resolve: (reply: Reply) => void, reject: (fault: Fault) => void) {
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    this.#release = call.scope.onEnd((reason) => this.#stop(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.gone) controller.abort(new Error('called off before it was sent'))
    else this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string>): void {
    if (status < 200) {
      if (++this.#interim > maxInterim) this.#stop(new Fault('malformed', this.#call.upstream, new Error('interim')))
      return
    }
    const fields = (controller.rawHeaders as unknown[]).length / 2
    if (status > 599 || fields > maxFields) {
      this.#stop(new Fault('malformed', this.#call.upstream, new Error(`status ${status}, ${fields} fields`)))
      return
    }
    this.#body = new Body(controller, true)
    const lasting = this.#call.streamed && isEvents(headers)
    this.#resolve({ status, headers, body: this.#body, lasting })
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#release()
    this.#body?.finish()
  }

  onResponseError(_: unknown, error: unknown): void {
    this.#release()
    this.#settle(faultOf(error, this.#call.upstream, this.#call.scope))
  }

  /** Cancelled or malformed: rejects at once and drops the connection. */
  #stop(reason: unknown): void {
    this.gone = true
    const fault = reason instanceof Fault ? reason : new Fault('aborted', this.#call.upstream, reason)
    this.#controller?.abort(fault)
    this.#settle(fault)
  }

  #settle(fault: Fault): void {
    if (this.#body === undefined) this.#reject(fault)
    else this.#body.fail(fault)
  }
}
