import type { Group, Row, Upstreams } from './groups.ts'
import { programs } from './installed.ts'
import { type Load, load } from './load.ts'

export interface Measured {
  readonly row: Row
  /** One for each round; those of one round were taken one after the other. */
  readonly loads: Load[]
}

export const rounds = 5

/**
 * Seconds until the compiler is done: it has only the one core, too, and the more code a subject has the longer it takes, 4 s for
 * the floor and about 14 for a whole gateway. What is native has nothing to compile.
 */
const warmUp = (row: Row): number => (row.needs === undefined ? 14 : 1)

/** Measure a group, in turns, so that what else the machine does falls on all of them. */
export async function measure(group: Group, upstreams: Upstreams, seconds: number): Promise<readonly Measured[]> {
  const present = group.rows.filter(({ needs, name }) => {
    const absent = needs !== undefined && programs[needs] === undefined
    if (absent) console.log(`${name}: skipped, ${needs} is not installed`)
    return !absent
  })
  const all = present.map((row): Measured => ({ row, loads: [] }))
  await using running = new AsyncDisposableStack()
  const subjects = []
  for (const { row } of all) {
    const subject = running.use(await row.start(upstreams))
    await load(subject, row.path, group.answer, warmUp(row))
    subjects.push(subject)
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, { row, loads }] of all.entries()) {
      const result = await load(subjects[i]!, row.path, group.answer, seconds)
      loads.push(result)
      console.log(
        `${row.name.padEnd(40)} ${result.cpu.toFixed(1).padStart(6)} µs ${result.rate.toFixed(0).padStart(7)}/s`,
      )
    }
  }
  return all
}
