import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Subject extends AsyncDisposable {
  readonly url: string
  /** User and system time it has used so far, in milliseconds. */
  readonly cpu: () => number
}

/** Start a subject in a process of its own. */
export async function start(program: string, env: Readonly<Record<string, string>>): Promise<Subject> {
  const child = fork(join(import.meta.dirname, `subjects/${program}.ts`), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    cpu: () => cpuOf(child),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Fields 14 and 15 of proc(5) stat, in clock ticks of 10 ms. */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
