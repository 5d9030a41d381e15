import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface OrdersProcess {
  readonly url: string
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>
}

/** Runs `src/main.ts` in its own process; resolves when it is ready. */
export async function startProcess(env: Readonly<Record<string, string>>): Promise<OrdersProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: { PATH: process.env['PATH'], ORDERS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const exited = once(child, 'exit')
    child.kill(signal)
    const [code] = (await exited) as [number | null]
    return code
  }
  return {
    url: await urlOf(child),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  }
}

async function urlOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.once('exit', (code) => reject(new Error(`orders ended with ${code}`)))
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string }
    if (msg === 'ready') resolve(url)
  })
  return promise
}
