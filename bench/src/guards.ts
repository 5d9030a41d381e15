import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onSubjectCore } from './cores.ts'
import { rounds } from './measure.ts'

export interface GuardRow {
  readonly name: string
  /** Microseconds of CPU per call, per round. */
  readonly micros: readonly number[]
  /** Budget in microseconds above the floor. */
  readonly atMost?: number
}

/** The cost of authenticating an already known user. The first row is the floor. */
export async function guards(seconds: number): Promise<readonly GuardRow[]> {
  const [command, ...args] = onSubjectCore([process.execPath, join(import.meta.dirname, 'subjects/guards.ts')])
  const child = spawn(command!, [...args, String(seconds), String(rounds)], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const left = once(child, 'exit').then(([code]) => {
    throw new Error(`the guards exited with ${String(code)} before they were measured`)
  })
  const [rows] = (await Promise.race([once(child, 'message'), left])) as [GuardRow[]]
  left.catch(() => undefined)
  return rows
}
