import { once } from 'node:events'
import {
  connect,
  constants,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Fault } from './fault.ts'
import type { Proxy } from './http-proxy.ts'
import { type Answer, type Scenario, type Scenarios, see, spell } from './scenario.ts'

const type = { ':status': 200, 'content-type': 'application/grpc+proto' }

/** `httpProxy` for unary calls over gRPC. */
export async function grpcProxy(upstream: string, target: string, scenarios: Scenarios): Promise<Proxy> {
  const service = connect(target)
  const serve = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    const path = headers[':path']!
    const operation = methodOf(path)
    const sent = await buffer(stream)
    const scenario = scenarios.of(headers)
    if (scenario === undefined) return stream.close(constants.NGHTTP2_CANCEL)
    see(scenario, upstream, operation, stream)
    const key = spell(upstream, operation, sent)
    if (scenario.recording) {
      const body = await ask(service, path, sent)
      scenario.answers.set(key, { upstream, operation, url: path, headers: {}, body })
    }
    const answer = scenario.answers.get(key)
    if (answer === undefined) {
      scenario.unknown.push(key)
      return end(stream, undefined, 12)
    }
    const fault = scenario.faults.get(`${upstream} ${operation}`)
    if (fault === undefined) end(stream, answer.body, 0)
    else fail(stream, answer, fault, scenario)
  }
  const stack = new AsyncDisposableStack()
  stack.defer(() => service.destroy())
  const url = await listen(stack, (stream, headers) => void serve(stream, headers).catch(() => stream.destroy()))
  return { url, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Listens on a free port until the stack is disposed, which cuts every session. */
async function listen(
  stack: AsyncDisposableStack,
  take: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<string> {
  const server = createServer()
  const sessions = new Set<Http2Session>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    take(stream, headers)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stack.defer(async () => {
    for (const session of sessions) session.destroy()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The method's name in generated code. */
function methodOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name.charAt(0).toLowerCase() + name.slice(1)
}

async function ask(service: ReturnType<typeof connect>, path: string, sent: Buffer): Promise<Buffer> {
  const stream = service.request({
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': type['content-type'],
  })
  let status: unknown
  stream.on('trailers', (trailers) => (status = trailers['grpc-status']))
  stream.end(sent)
  const body = await buffer(stream)
  if (String(status) !== '0') throw new Error(`${path} answered ${String(status)}`)
  return body
}

/** Sends the message, if any, and a status (0: OK). */
function end(stream: ServerHttp2Stream, message: Buffer | undefined, status: number): void {
  stream.respond(type, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }))
  stream.end(message)
}

/** gRPC services declare no errors, so no fault here is a declared one. */
function fail(stream: ServerHttp2Stream, { body }: Answer, fault: Fault, { waiting }: Scenario): void {
  switch (fault) {
    case 'cut':
      return stream.close(constants.NGHTTP2_REFUSED_STREAM)
    case 'slow':
      return waiting.resolve()
    case 'off-contract':
    case 'no-json': {
      const noise = Buffer.alloc(body.length, 0xff)
      body.copy(noise, 0, 0, 5)
      return end(stream, noise, 0)
    }
    case 'truncated':
      return end(stream, body.subarray(0, body.length / 2), 0)
    default:
      return end(stream, undefined, 13)
  }
}
