import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onSubjectCore } from './cores.ts'

/** A server in a separate process. */
export interface Subject extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** Headers required on every request. */
  readonly headers: Readonly<Record<string, string>>
}

export type Env = Readonly<Record<string, string>>

/** Starts one of `subjects/` on the subjects' core. `flags` are Node's. */
export const start = (program: string, env: Env, flags: readonly string[] = []): Promise<Subject> =>
  run(onSubjectCore([process.execPath, ...flags, file(program)]), env)

/** Starts one of `subjects/` on the load generator's core. */
export const startBeside = (program: string): Promise<Subject> => run([process.execPath, file(program)], {})

const file = (program: string): string => join(import.meta.dirname, `subjects/${program}.ts`)

async function run([command, ...args]: readonly string[], env: Env): Promise<Subject> {
  const child = spawn(command!, args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const message = once(child, 'message') as Promise<[{ port: number; headers: Record<string, string> }]>
  const [{ port, headers }] = await Promise.race([message, exited(child)])
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    headers,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      // It then exits by itself and writes its profile, if it has one.
      child.disconnect()
      await gone
    },
  }
}

async function exited(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null]
  throw new Error(`${child.spawnargs.join(' ')} exited with ${code} before it listened`)
}
