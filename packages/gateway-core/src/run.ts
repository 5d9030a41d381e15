import { constants } from 'node:os'
import { destination } from 'pino'
import { EnvironmentError, milliseconds, type Values } from './env.ts'
import { logger } from './logger.ts'

export { lines, type Logger, logger } from './logger.ts'

/** What a program reads of how it stops. */
export const stopVariables = {
  DRAIN_DELAY_MS: milliseconds(0),
  STOP_WITHIN_MS: milliseconds(8_000),
}

/** How a server stops. Milliseconds. */
export interface Stop {
  /** From the failing of readiness until anything else changes: for a balancer to notice. Default 0. */
  readonly delay: number
  /** From then on, what is under way may take so long to finish. Default 8 000: longer than an exchange, shorter than whoever stops us waits. */
  readonly within: number
}

export const stopOf = (env: Values<typeof stopVariables>): Stop => ({
  delay: env.DRAIN_DELAY_MS,
  within: env.STOP_WITHIN_MS,
})

/** What runs until it is disposed. */
export interface Stoppable extends AsyncDisposable {
  /** Milliseconds within which it says that its stop is over. Default 5 000. */
  readonly stopsWithin?: number
}

/** Milliseconds in which further signals are echoes of the first: a terminal and a task runner both send Ctrl-C on. */
const echo = 500

/**
 * The life of a process: start, wait for SIGINT or SIGTERM, dispose, exit 0; 1 when that takes longer than it may. A second
 * signal exits at once, with 130 or 143, as if nobody had listened to it. What stands in the way of a start is said in one
 * message, without a stack when it is the doing of the environment (an `EnvironmentError`). After an error that nobody caught nothing can be
 * relied on: it is logged in one line, and the process is gone with 1, whatever was under way.
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

/** Rejections that nobody handles arrive here as well. */
function crash(error: unknown): never {
  // Behind what other logs have written by then. It writes before it returns: nothing comes after it.
  const last = () => logger(process.argv0, 'info', destination({ sync: true })).fatal({ err: error }, 'crashed')
  process.on('exit', last)
  process.exit(1)
}
