import type { AddressInfo, Server, Socket } from 'node:net'
import type { Logger } from 'pino'

export interface ListenOptions {
  readonly name: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly hostname: string
  /** What to change when the port is taken; part of the message. */
  readonly portVariable: string
  readonly log: Logger
  /** Called as the server begins to stop: the moment to end long-lived streams with a reason. */
  readonly drain?: (() => void) | undefined
  /** What to release once nothing uses it any more. */
  readonly release?: AsyncDisposable | undefined
}

export interface Listening extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Milliseconds that what is under way gets to finish when a server stops. */
const grace = 3_000

/**
 * Put a server on its port; rejects with what to change when that is taken. Disposing it, once however often, says so to
 * `drain`, lets `close` end what is idle, waits for the rest, and cuts at the end of the grace what is still there.
 */
export async function listening(options: ListenOptions, server: Server, close: () => void): Promise<Listening> {
  const { name, port, hostname, portVariable, log } = options
  // Upgraded sockets and closed HTTP/2 sessions are no connections of the server's any more, yet it waits for them.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await listen(server, port, hostname, portVariable)
  const address = server.address() as AddressInfo
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${address.port}`
  log.info({ service: name, url }, 'ready')
  const stop = async () => {
    log.info({ service: name }, 'stopping')
    const { promise, resolve } = Promise.withResolvers<void>()
    options.drain?.()
    server.close(() => resolve())
    close()
    const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), grace)
    await promise
    clearTimeout(timer)
    await options.release?.[Symbol.asyncDispose]()
  }
  let stopped: Promise<void> | undefined
  return { url, port: address.port, [Symbol.asyncDispose]: () => (stopped ??= stop()) }
}

async function listen(server: Server, port: number, hostname: string, variable: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    const taken = new Error(`Port ${port} is in use. Set ${variable} to another, or stop what holds it.`, {
      cause: error,
    })
    reject(error.code === 'EADDRINUSE' ? taken : error)
  })
  server.listen(port, hostname, resolve)
  await promise
}
