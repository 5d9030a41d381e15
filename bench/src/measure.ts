import type { Group, Row, Upstreams } from './groups.ts'
import { programs } from './installed.ts'
import { type Load, load } from './load.ts'

export interface Measured {
  readonly row: Row
  /** One per round. */
  readonly loads: Load[]
}

export const rounds = 5

/**
 * Seconds until V8 has compiled the hot code. The compiler shares the subject's core, so more code takes longer: 4 s for the floor,
 * about 14 s for a whole gateway. Native programs have nothing to compile.
 */
const warmUp = (row: Row): number => (row.needs === undefined ? 14 : 1)

/** Measures the rows of a group alternately, so that background load affects them all alike. */
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
