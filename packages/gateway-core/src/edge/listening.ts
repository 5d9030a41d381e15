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
  /** The variable to change when the port is taken; named in the message. */
  readonly portVariable: string
  readonly log: Logger
  /** How long each step of a shutdown may take. */
  readonly stop?: Partial<Stop> | undefined
  /** Called after readiness has failed for `stop.delay`: the moment to end long-lived streams with a reason. */
  readonly drain?: (() => void) | undefined
  /** Released once nothing uses it any more. */
  readonly release?: AsyncDisposable | undefined
}

export interface Listening extends Stoppable {
  readonly url: string
  readonly port: number
  readonly stopsWithin: number
}

/** Milliseconds `release` gets after the shutdown. */
const lastWords = 1_500

/** A protocol's steps of a shutdown. */
export interface Steps {
  /** Fails readiness, nothing else. */
  readonly unready: () => void
  /** Closes idle connections, and others after their current response. */
  readonly close: () => void
}

/**
 * Starts a server on its port; rejects with what to change when that is taken. Disposing it shuts it down, once however
 * often it is called: readiness fails for `stop.delay`; then `drain` and `close`, and no new connections; then it waits
 * for work in progress, cuts and logs what is left after `stop.within`, and disposes `release`.
 */
export async function listening(options: ListenOptions, server: Server, steps: Steps): Promise<Listening> {
  const { name, port, hostname, portVariable, log } = options
  const { delay = 0, within = 8_000 } = options.stop ?? {}
  // The server no longer counts upgraded sockets and closed HTTP/2 sessions among its connections, yet waits for them.
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
