import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { EnvironmentError } from '../env.ts'
import type { Stop, Stoppable } from '../run.ts'

export interface ListenOptions {
  readonly name: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly hostname: string
  /** What to change when the port is taken; part of the message. */
  readonly portVariable: string
  readonly log: Logger
  /** How long each step of a stop may take. */
  readonly stop?: Partial<Stop> | undefined
  /** Called once a stop is more than a failing readiness: the moment to end long-lived streams with a reason. */
  readonly drain?: (() => void) | undefined
  /** What to release once nothing uses it any more. */
  readonly release?: AsyncDisposable | undefined
}

export interface Listening extends Stoppable {
  readonly url: string
  readonly port: number
  readonly stopsWithin: number
}

/** Milliseconds that `release` gets beyond the end of a stop. */
const lastWords = 1_500

/** What a protocol does about a stop. */
export interface Steps {
  /** Be no longer ready, and nothing else. */
  readonly unready: () => void
  /** Close what is idle, and whatever is answered from now on behind its answer. */
  readonly close: () => void
}

/**
 * Put a server on its port; rejects with what to change when that is taken. Disposing it, once however often, is a stop in this
 * order: not ready, for `stop.delay`; then `drain` and `close`, and no new connection; then it waits for what is under way,
 * cuts and logs what is left after `stop.within`, and releases the rest.
 */
export async function listening(options: ListenOptions, server: Server, steps: Steps): Promise<Listening> {
  const { name, port, hostname, portVariable, log } = options
  const { delay = 0, within = 8_000 } = options.stop ?? {}
  // Upgraded sockets and closed HTTP/2 sessions are no connections of the server's any more, yet it waits for them.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await listen(server, port, hostname, portVariable)
  server.on('error', (error) => log.error({ service: name, err: error }, 'a connection could not be taken'))
  const address = server.address() as AddressInfo
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${address.port}`
  log.info({ service: name, url }, 'ready')
  const stop = async () => {
    log.info({ service: name }, 'stopping')
    steps.unready()
    if (delay > 0) await pause(delay)
    const { promise, resolve } = Promise.withResolvers<void>()
    options.drain?.()
    steps.close()
    server.close(() => resolve())
    const timer = setTimeout(() => {
      log.warn({ service: name, connections: sockets.size }, 'stopping: what is left is cut')
      sockets.forEach((socket) => socket.destroy())
    }, within)
    await promise
    clearTimeout(timer)
    await options.release?.[Symbol.asyncDispose]()
  }
  let stopped: Promise<void> | undefined
  return {
    url,
    port: address.port,
    stopsWithin: delay + within + lastWords,
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  }
}

async function listen(server: Server, port: number, hostname: string, variable: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refused = (error: NodeJS.ErrnoException) => {
    const taken = `Port ${port} is in use. Set ${variable} to another, or stop what holds it.`
    reject(error.code === 'EADDRINUSE' ? new EnvironmentError(taken) : error)
  }
  server.once('error', refused)
  server.listen(port, hostname, resolve)
  await promise
  server.off('error', refused)
}
