import { setFlagsFromString } from 'node:v8'
import { runInNewContext, runInThisContext } from 'node:vm'

/** The process itself: inside jest the global of that name is a copy, which hears of nothing. */
const real = runInThisContext('process') as NodeJS.Process

/** What a process says when something escaped it. */
export interface Escaped extends Disposable {
  /** Names of warnings, messages of errors. */
  readonly seen: readonly string[]
}

/** Listen for what nobody caught, and for listeners that pile up. */
export function escaped(): Escaped {
  const seen: string[] = []
  const warned = (warning: Error) => {
    if (warning.name === 'MaxListenersExceededWarning') seen.push(`${warning.name}: ${warning.message}`)
  }
  const thrown = (error: unknown) => void seen.push(String(error))
  real.on('warning', warned).on('unhandledRejection', thrown).on('uncaughtExceptionMonitor', thrown)
  return {
    seen,
    [Symbol.dispose]() {
      real.off('warning', warned).off('unhandledRejection', thrown).off('uncaughtExceptionMonitor', thrown)
    },
  }
}

/** How many sockets, timers and so on keep the process alive, by name. */
export function resources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of real.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Try until it holds; rejects after `ms` with what `say` says then. */
export async function until(holds: () => boolean, ms: number, say: () => string): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not after ${ms} ms: ${say()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Resolves once nothing is there more often than before; rejects with what is after `ms`. Waiting itself takes a timer. */
export async function settled(before: ReadonlyMap<string, number>, ms = 2_000): Promise<void> {
  const more = () => [...resources()].filter(([name, count]) => count > (before.get(name) ?? 0))
  await until(
    () => more().length === 0,
    ms,
    () => JSON.stringify(more()),
  )
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that something in the process still holds, in the heap and in buffers. Takes a whole collection. */
export function held(): number {
  collect()
  const { heapUsed, external } = real.memoryUsage()
  return heapUsed + external
}
