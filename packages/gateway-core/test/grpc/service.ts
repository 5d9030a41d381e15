import { once } from 'node:events'
import {
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { create, toBinary } from '@bufbuild/protobuf'
import type { ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { frameOf } from '../../src/road/grpc/frame.ts'
import { Health } from '../../src/road/grpc/gen/grpc/health/v1/health_pb.js'
import { AnswerSchema, Sample } from './gen/sample_pb.js'

export interface Service extends AsyncDisposable {
  readonly url: string
  readonly sessions: ReadonlySet<Http2Session>
  /** Cut every connection and take none any more. */
  kill(): Promise<void>
}

type Take = Parameters<typeof createServer>[1]

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<Service> {
  const sessions = new Set<Http2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.once('close', () => sessions.delete(session))
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const kill = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const session of sessions) session.destroy()
    await closed
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions,
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** A gRPC service, as a team would write it. */
export function startSample(
  sample: Partial<ServiceImpl<typeof Sample>>,
  {
    port = 0,
    health,
    ...options
  }: ServerOptions & { port?: number; health?: Partial<ServiceImpl<typeof Health>> } = {},
): Promise<Service> {
  const handler = connectNodeAdapter({
    routes: (router) => {
      router.service(Sample, sample)
      if (health !== undefined) router.service(Health, health)
    },
  })
  return listen(createServer(options, handler as Take), port)
}

export type Raw = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: Http2Session) => void

/** A server that speaks HTTP/2 and says what a test wants, frame by frame. Requests have been read whole. */
export function startRaw(take: Raw, port = 0): Promise<Service> {
  const server = createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    const { session } = stream
    void buffer(stream).then(
      () => take(stream, headers, session!),
      () => undefined,
    )
  })
  return listen(server, port)
}

export const answered = (id: string): Buffer => frameOf(toBinary(AnswerSchema, create(AnswerSchema, { id })))

/** Bytes, and then trailers, as they are given. */
export function say(stream: ServerHttp2Stream, bytes: Uint8Array | undefined, trailers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(bytes)
}
