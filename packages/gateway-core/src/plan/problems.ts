import { problemTypes } from '../problem-types.ts'
import { markdownOf } from './table.ts'

/** Every problem of the toolkit as a Markdown table: one row per status and code, sorted by status. */
export function problemTable(): string {
  const rows = Object.entries(problemTypes).flatMap(([code, { statuses, meaning, again }]) =>
    statuses.map((status) => [String(status), `\`${code}\``, meaning, again ? 'yes' : 'no']),
  )
  const byStatus = rows.toSorted(([one = ''], [other = '']) => Number(one) - Number(other))
  return markdownOf({ titles: ['Status', 'Code', 'Meaning', 'Retry'], rows: byStatus })
}
