import { host, type HostOptions, type Running, serve, type Verify } from '@bff/service-kit'
import { LogReader } from './log-reader.ts'
import { openSockets } from './sockets.ts'
import { createTimelines } from './timelines.ts'
import { upgrades } from './upgrade.ts'

export interface Config extends Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'> {
  readonly verify: Verify
  readonly ordersUrl: string
  readonly serviceSecret: string
  /** Milliseconds between polls of the order log. Default 500. */
  readonly pollMs?: number
  /** Milliseconds between pings. Default 15 000. */
  readonly heartbeatMs?: number
  /** 0 to 1. */
  readonly random?: () => number
}

export async function start(config: Config): Promise<Running> {
  const { log, verify, ordersUrl, serviceSecret, pollMs = 500, random = Math.random } = config
  const timelines = createTimelines()
  const sockets = openSockets(timelines, config.heartbeatMs ?? 15_000, log)
  const replaced = (): void => {
    timelines.clear()
    sockets.restart()
  }
  const { append } = timelines
  const reader = new LogReader({ ordersUrl, serviceSecret, pollMs, append, replaced, log, random })
  const close = async (): Promise<void> => {
    sockets.stop()
    await reader[Symbol.asyncDispose]()
  }
  try {
    return await host({
      ...config,
      name: 'tracking',
      portVariable: 'TRACKING_PORT',
      handler: serve({}, {}, { log }),
      upgrade: upgrades({ verify, timelines, reader, accept: sockets.accept, log }),
      ready: () => ({ ready: reader.ready }),
      drain: sockets.stop,
      close,
    })
  } catch (error) {
    await close()
    throw error
  }
}
