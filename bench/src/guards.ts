import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onSubjectCore } from './cores.ts'
import { rounds } from './measure.ts'

export interface GuardRow {
  readonly name: string
  /** Microseconds of CPU per call, one for each round. */
  readonly micros: readonly number[]
  /** The most they may be beyond the floor's. */
  readonly atMost?: number
}

/** What it costs to know somebody who was known before. The first one is the floor. */
export async function guards(seconds: number): Promise<readonly GuardRow[]> {
  const [command, ...args] = onSubjectCore([process.execPath, join(import.meta.dirname, 'subjects/guards.ts')])
  const child = spawn(command!, [...args, String(seconds), String(rounds)], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const left = once(child, 'exit').then(([code]) => {
    throw new Error(`the guards left with ${String(code)} before they were measured`)
  })
  const [rows] = (await Promise.race([once(child, 'message'), left])) as [GuardRow[]]
  left.catch(() => undefined)
  return rows
}
