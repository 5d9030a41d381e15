import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type RequestListener } from 'node:http'
import {
  connect,
  createServer as createH2cServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type Contract, parseKey } from '@bff/gateway-core/contract'

/** A call that reached a service, and the size of its response. */
export interface Counted {
  readonly upstream: string
  /** `GET /orders/:id`, or the method of a gRPC service: `getStock`. */
  readonly operation: string
  /** Status line and fields of the response as HTTP/1.1 writes them, whatever the protocol, including trailers. */
  readonly headBytes: number
  readonly body: Buffer
}

export interface Counter extends AsyncDisposable {
  readonly url: string
}

/** Called before the response is passed on. */
export type Count = (counted: Counted) => void

/** A transparent proxy in front of a service that counts what passes. */
export async function httpCounter(
  upstream: string,
  contract: Contract,
  target: string,
  count: Count,
): Promise<Counter> {
  const agent = new Agent({ keepAlive: true })
  const operationOf = operationsOf(contract)
  const pass: RequestListener = (req, res) => {
    const onward = request(target + req.url!, { method: req.method!, headers: req.rawHeaders, agent }, (answer) => {
      const answered = (body: Buffer): void => {
        const operation = operationOf(req.method!, req.url!)
        count({ upstream, operation, headBytes: headBytes(answer), body })
        res.sendDate = false
        res.writeHead(answer.statusCode!, answer.rawHeaders).end(body)
      }
      void buffer(answer).then(answered, () => res.destroy())
    })
    onward.on('error', () => res.destroy())
    req.pipe(onward)
  }
  const server = createServer(pass)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: addressOf(server),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      agent.destroy()
    },
  }
}

/** `httpCounter` for unary calls over gRPC. */
export async function grpcCounter(upstream: string, target: string, count: Count): Promise<Counter> {
  const service = connect(target)
  const pass = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    const asked = service.request({ ...headers, ':authority': new URL(target).host })
    asked.end(await buffer(stream))
    let head: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    asked.on('response', (said) => (head = said))
    asked.on('trailers', (said) => (trailers = said))
    const body = await buffer(asked)
    const fields = Object.entries({ ...head, ...trailers }).filter(([name]) => !name.startsWith(':'))
    count({ upstream, operation: methodOf(headers[':path']!), headBytes: sizeOf(200, 'OK', fields.flat()), body })
    stream.respond(head, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.end(body)
  }
  const sessions = new Set<Http2Session>()
  const server = createH2cServer()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream, headers) => void pass(stream, headers).catch(() => stream.destroy()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: addressOf(server),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      service.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const addressOf = (server: { address(): AddressInfo | string | null }): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

function operationsOf(contract: Contract): (method: string, url: string) => string {
  const known = Object.keys(contract).map((key) => {
    const { method, path } = parseKey(key)
    return { key, method, pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`) }
  })
  return (method, url) => {
    const path = url.replace(/\?.*/, '')
    return known.find((one) => one.method === method && one.pattern.test(path))?.key ?? `${method} ${path}`
  }
}

/** The method's name in generated code. */
function methodOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name.charAt(0).toLowerCase() + name.slice(1)
}

const headBytes = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage): number =>
  sizeOf(statusCode!, statusMessage!, rawHeaders)

/** A field is name, colon, space, value and line end; another line end terminates the head. */
function sizeOf(status: number, message: string, fields: readonly unknown[]): number {
  const texts = fields.map(String)
  const text = texts.reduce((sum, { length }) => sum + length, 0)
  return `HTTP/1.1 ${status} ${message}\r\n`.length + text + 2 * texts.length + 2
}
