import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { problem } from '@bff/gateway-core/problem'
import { sendProblem, type ServeOptions, traceIdOf } from '@bff/gateway-core/server'
import type { FaultSwitch, Verdict } from './faults.ts'

type Upgrade = NonNullable<ServeOptions['upgrade']>
type Response = ServerResponse | Http2ServerResponse

/** Wraps a handler so that it fails as the switch says. */
export function failing(faults: FaultSwitch, handler: RequestListener, log: ServeOptions['log']): RequestListener {
  return async (req, res) => {
    if (faults.active.length === 0) return handler(req, res)
    let gone = false
    res.once('close', () => {
      gone = true
    })
    const verdict = await faults.decide(req.method ?? '', pathOf(req))
    if (verdict !== 'pass') log.warn({ method: req.method, path: pathOf(req), verdict }, 'fault injected')
    if (!gone) inject(verdict, req, res, handler)
  }
}

/** An upgrade has no status to replace or body to truncate: both faults cut the connection. */
export const failingUpgrade =
  (faults: FaultSwitch, upgrade: Upgrade): Upgrade =>
  async (req, socket, head) => {
    if (faults.active.length === 0) return upgrade(req, socket, head)
    // Nothing else listens until the handler takes over.
    socket.on('error', ignore)
    const verdict = await faults.decide(req.method ?? '', pathOf(req))
    if (verdict === 'hang') return
    if (verdict !== 'pass') return reset(socket)
    socket.off('error', ignore)
    if (!socket.destroyed) upgrade(req, socket, head)
  }

const ignore = (): void => {}

function inject(verdict: Verdict, req: IncomingMessage, res: ServerResponse, handler: RequestListener): void {
  if (verdict === 'pass') handler(req, res)
  else if (verdict === 'reset') cut(res)
  else if (verdict === 'truncate') truncate(req, res, handler)
  else if (verdict !== 'hang')
    sendProblem(res, problem(statusFor(req, verdict.status), 'injected-fault'), traceIdOf(req.headers))
}

/** A gRPC client maps 503 to UNAVAILABLE, and most other statuses to a server that does not speak gRPC. */
const statusFor = (req: IncomingMessage, status: number): number => (req.httpVersionMajor === 2 ? 503 : status)

/** Over HTTP/2 a stream that is only destroyed looks like a slow one: it must be reset. */
function cut(res: Response): void {
  if ('stream' in res) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else if (res.socket !== null) reset(res.socket)
}

function reset(socket: Duplex): void {
  if ('resetAndDestroy' in socket) (socket as Socket).resetAndDestroy()
  else socket.destroy()
}

/** Sends the handler's full headers and half of its first write, then cuts the connection. */
function truncate(req: IncomingMessage, res: ServerResponse, handler: RequestListener): void {
  const write = res.write.bind(res)
  let written = false
  const half = (chunk: unknown, whole: boolean): void => {
    if (written) return
    written = true
    const body = typeof chunk === 'string' || chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0)
    if (whole && !res.headersSent) res.setHeader('content-length', body.length)
    write(body.subarray(0, body.length / 2), () => setImmediate(cutOff, res))
  }
  Object.assign(res, {
    write: (chunk: unknown) => {
      half(chunk, false)
      return true
    },
    end: (chunk?: unknown) => {
      half(chunk, true)
      return res
    },
  })
  handler(req, res)
}

/** Lets what has been written arrive, so no reset on HTTP/1.1. */
function cutOff(res: Response): void {
  if ('stream' in res) cut(res)
  else res.destroy()
}

const pathOf = (req: IncomingMessage): string => (req.url ?? '').split('?', 1)[0]!
