import { constants } from 'node:os'
import { destination } from 'pino'
import { EnvironmentError, milliseconds, type Values } from './env.ts'
import { logger } from './logger.ts'

export { lines, type Logger, logger } from './logger.ts'

/** Environment variables that control the stop. */
export const stopVariables = {
  DRAIN_DELAY_MS: milliseconds(0),
  STOP_WITHIN_MS: milliseconds(8_000),
}

/** How a server stops. Milliseconds. */
export interface Stop {
  /** From failing readiness to closing: time for a load balancer to notice. Default 0. */
  readonly delay: number
  /**
   * Then, time for requests in flight to finish. Default 8 000: longer than an exchange, shorter than an orchestrator
   * waits.
   */
  readonly within: number
}

export const stopOf = (env: Values<typeof stopVariables>): Stop => ({
  delay: env.DRAIN_DELAY_MS,
  within: env.STOP_WITHIN_MS,
})

/** Runs until disposed. */
export interface Stoppable extends AsyncDisposable {
  /** Milliseconds within which its disposal must finish. Default 5 000. */
  readonly stopsWithin?: number
}

/** Milliseconds in which further signals are echoes of the first: a terminal and a task runner both forward Ctrl-C. */
const echo = 500

/**
 * The life of a process: start, wait for SIGINT or SIGTERM, dispose, exit 0; 1 if that takes too long. A second signal
 * exits at once, with 130 or 143, as without a handler. A failed start prints one message, without a stack if the
 * environment is at fault (`EnvironmentError`). After an uncaught error no state can be trusted: it is logged in one
 * line and the process exits with 1, whatever is in flight.
 */
export async function run(start: () => Promise<Stoppable>): Promise<void> {
  const stop = Promise.withResolvers<void>()
  let first: number | undefined
  const signalled = (signal: 'SIGINT' | 'SIGTERM') => {
    first ??= performance.now()
    if (performance.now() - first > echo) process.exit(128 + constants.signals[signal])
    stop.resolve()
  }
  process.on('SIGINT', signalled).on('SIGTERM', signalled)
  let running: Stoppable
  try {
    running = await start()
  } catch (error) {
    console.error(error instanceof EnvironmentError ? error.message : error)
    process.exit(1)
  }
  process.on('uncaughtException', crash)
  await stop.promise
  setTimeout(() => process.exit(1), running.stopsWithin ?? 5_000).unref()
  await running[Symbol.asyncDispose]()
  process.exit(0)
}

/** Unhandled rejections arrive here as well. */
function crash(error: unknown): never {
  // On exit, so that it follows what other loggers flush; synchronous, because nothing runs afterwards.
  const last = () => logger(process.argv0, 'info', destination({ sync: true })).fatal({ err: error }, 'crashed')
  process.on('exit', last)
  process.exit(1)
}
