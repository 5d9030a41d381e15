import { execFileSync } from 'node:child_process'
import { programs } from './installed.ts'
import { processors } from './proc.ts'

const [first, second] = processors()

/** False without a second core or `taskset`: then everything shares all cores. */
export const apart = second !== undefined && programs.taskset !== undefined

/** Wraps a command line to run on the core reserved for subjects. */
export const onSubjectCore = (command: readonly string[]): readonly string[] =>
  apart ? [programs.taskset!, '-c', String(first), ...command] : command

/** Moves this process off the first core, which is reserved for subjects. Load generators and upstreams inherit that. */
export function leaveSubjectCore(): void {
  if (apart)
    execFileSync(programs.taskset!, ['-a', '-c', '-p', String(second), String(process.pid)], { stdio: 'ignore' })
}
