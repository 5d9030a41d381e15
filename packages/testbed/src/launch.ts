import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort } from '@bff/gateway-core/testing'
import { until } from './until.ts'

const programs = {
  web: { file: new URL('web-bff.ts', import.meta.url), port: 'WEB_BFF_PORT' },
  mobile: { file: new URL('../../../apps/mobile-bff/src/main.ts', import.meta.url), port: 'MOBILE_BFF_PORT' },
} as const

export type Bff = keyof typeof programs

type Signal = 'SIGTERM' | 'SIGKILL'

/** A BFF in a process of its own. Disposing kills it. */
export interface Process extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** With what it exits: nothing, if it was killed. */
  stop(signal: Signal): Promise<number | null>
}

interface LaunchOptions {
  /** Default: one that is free. */
  readonly port?: number | undefined
  /** Of node. */
  readonly flags?: readonly string[]
}

/** Start one, and wait until it is ready. Of the environment it knows what it is given. */
export async function launch(
  bff: Bff,
  given: Readonly<Record<string, string>>,
  { port: at, flags = [] }: LaunchOptions = {},
): Promise<Process> {
  const { file, port: variable } = programs[bff]
  const port = at ?? (await freePort())
  const { PATH = '' } = process.env
  // Load, services and BFFs share one machine here: a late event loop says nothing about these processes.
  const env = { PATH, LOG_LEVEL: 'silent', SHED_AFTER_MS: '0', ...given, [variable]: String(port) }
  const child = spawn(process.execPath, [...flags, file.pathname], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const url = `http://127.0.0.1:${port}`
  const running = {
    url,
    pid: child.pid!,
    stop: (signal: Signal) => stop(child, signal),
    [Symbol.asyncDispose]: () => kill(child),
  }
  await using stack = new AsyncDisposableStack()
  stack.use(running)
  await until(() => child.exitCode !== null || isReady(url), 60_000)
  if (child.exitCode !== null) throw new Error(`${bff}-bff did not start`)
  stack.move()
  return running
}

export const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    async (answer) => {
      await answer.body?.cancel()
      return answer.ok
    },
    () => false,
  )

async function stop(child: ChildProcess, signal: Signal): Promise<number | null> {
  const exit = once(child, 'exit')
  child.kill(signal)
  const [code] = (await exit) as [number | null]
  return code
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await stop(child, 'SIGKILL')
}
