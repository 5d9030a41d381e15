import { EnvironmentError } from './env.ts'

/** Milliseconds after which a stop that does not end is ended. */
const patience = 5_000

/**
 * The life of a process: start, wait for SIGINT or SIGTERM, dispose, exit 0. A second signal exits at once. What stands in
 * the way of a start is said in one message, without a stack when it is the environment's or a port's doing.
 */
export async function run(start: () => Promise<AsyncDisposable>): Promise<void> {
  const signalled = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => signalled.resolve())
  try {
    const running = await start()
    await signalled.promise
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
    setTimeout(() => process.exit(1), patience).unref()
    await running[Symbol.asyncDispose]()
    process.exit(0)
  } catch (error) {
    const expected = error instanceof EnvironmentError || (error instanceof Error && error.cause !== undefined)
    console.error(expected ? (error as Error).message : error)
    process.exit(1)
  }
}
