import { problemTypes } from '../problem-types.ts'
import { markdownOf } from './table.ts'

/** Every problem that the toolkit answers with in Markdown: a row for each status and code, by status. */
export function problemTable(): string {
  const rows = Object.entries(problemTypes).flatMap(([code, { statuses, meaning, again }]) =>
    statuses.map((status) => [String(status), `\`${code}\``, meaning, again ? 'yes' : 'no']),
  )
  const byStatus = rows.toSorted(([one = ''], [other = '']) => Number(one) - Number(other))
  return markdownOf({ titles: ['Status', 'Code', 'Meaning', 'Retry'], rows: byStatus })
}
