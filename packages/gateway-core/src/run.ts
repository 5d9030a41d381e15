import { EnvironmentError } from './env.ts'

/** Milliseconds after which a stop that does not end is ended. */
const patience = 5_000

/** Milliseconds in which further signals are echoes of the first: a terminal and a task runner both send Ctrl-C on. */
const echo = 500

/**
 * The life of a process: start, wait for SIGINT or SIGTERM, dispose, exit 0. A second signal exits at once. What stands in
 * the way of a start is said in one message, without a stack when it is the environment's or a port's doing.
 */
export async function run(start: () => Promise<AsyncDisposable>): Promise<void> {
  const stop = Promise.withResolvers<void>()
  let first: number | undefined
  const signalled = () => {
    first ??= performance.now()
    if (performance.now() - first > echo) process.exit(1)
    stop.resolve()
  }
  process.on('SIGINT', signalled).on('SIGTERM', signalled)
  try {
    const running = await start()
    await stop.promise
    setTimeout(() => process.exit(1), patience).unref()
    await running[Symbol.asyncDispose]()
    process.exit(0)
  } catch (error) {
    const expected = error instanceof EnvironmentError || (error instanceof Error && error.cause !== undefined)
    console.error(expected ? error.message : error)
    process.exit(1)
  }
}
