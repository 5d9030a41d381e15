import { setTimeout as pause } from 'node:timers/promises'

/** Resolves once it holds, looked at every 20 ms; throws after `ms`, 20 000 by default. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not after ${ms} ms: ${String(holds)}`)
    await pause(20)
  }
}
