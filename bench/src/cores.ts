import { execFileSync } from 'node:child_process'
import { programs } from './installed.ts'
import { processors } from './proc.ts'

const [first, second] = processors()

/** False where there is no second core or no `taskset`: then everything shares what there is. */
export const apart = second !== undefined && programs.taskset !== undefined

/** A command line that runs on the core that nothing but the subjects has. */
export const onSubjectCore = (command: readonly string[]): readonly string[] =>
  apart ? [programs.taskset!, '-c', String(first), ...command] : command

/** This process, its load generators and its upstreams leave the first core to the subjects. What it starts inherits that. */
export function leaveSubjectCore(): void {
  if (apart)
    execFileSync(programs.taskset!, ['-a', '-c', '-p', String(second), String(process.pid)], { stdio: 'ignore' })
}
