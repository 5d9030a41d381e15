import { once } from 'node:events'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TlsOptions, TLSSocket } from 'node:tls'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { WebSocketServer } from 'ws'
import type { Issued } from './authority.ts'
import { Health, HealthCheckResponse_ServingStatus } from '../src/road/grpc/gen/grpc/health/v1/health_pb.js'
import { Sample } from './grpc/gen/sample_pb.js'

export interface TlsService extends AsyncDisposable {
  readonly url: string
  /** Names that it was asked for (SNI), whatever came of it. */
  readonly names: readonly string[]
  /** TCP connections, whatever came of them. */
  readonly connections: number
  /** What it was asked, once a handshake was done: `1.1 GET /x`. */
  readonly asked: readonly string[]
}

/** A service that has everything an upstream may be asked for, over TLS alone: HTTP/1.1, HTTP/2 if that is wanted, gRPC, WebSockets. */
export async function tlsService({ certificate, key }: Issued, options: TlsOptions = {}): Promise<TlsService> {
  const names: string[] = []
  const asked: string[] = []
  let connections = 0
  const grpc = connectNodeAdapter({
    routes: (router) => {
      router.service(Sample, { read: () => ({ id: 'fine' }) })
      router.service(Health, { check: () => ({ status: HealthCheckResponse_ServingStatus.SERVING }) })
    },
  })
  const take = (req: Http2ServerRequest, res: Http2ServerResponse) => {
    asked.push(`${req.httpVersion} ${req.method} ${req.url}`)
    if (req.headers['content-type']?.startsWith('application/grpc') === true) return grpc(req, res)
    res.writeHead(200, { 'content-type': 'application/json' })
    return res.end('{"id":"a","name":"b"}')
  }
  const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
    names.push(name)
    done(null)
  }
  const server = createSecureServer({ allowHTTP1: true, cert: certificate, key, SNICallback, ...options }, take)
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (req, socket, head) => {
    asked.push(`${req.httpVersion} upgrade ${req.url}`)
    // As a feed says that there is nothing yet.
    sockets.handleUpgrade(req, socket, head, (opened) => opened.send('{"live":0}'))
  })
  server.on('connection', () => connections++)
  const open = new Set<TLSSocket>()
  server.on('secureConnection', (socket: TLSSocket) => {
    open.add(socket)
    socket.on('error', () => undefined).once('close', () => open.delete(socket))
  })
  server.on('tlsClientError', () => undefined)
  server.on('sessionError', () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    names,
    asked,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
