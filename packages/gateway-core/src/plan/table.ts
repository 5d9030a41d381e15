import { lastingCells } from './lasting.ts'
import { callsOf, type Plan, type PlannedCall } from './plan.ts'
import { whoMay } from './text.ts'

/** A titled table of texts. */
export interface Table {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const titles = ['Method', 'Path', 'Answered by', 'Who may', 'Upstreams', 'Cost', 'Budget', 'Place'] as const

/** One row per route: method, path, door, who may call, upstreams, worst-case cost, budget, place. */
const routes = (plans: readonly Plan[]): Table => ({
  titles,
  rows: plans.map((plan) => [
    plan.methods.join(' '),
    plan.path + (plan.when === undefined ? '' : ` when ${plan.when}`),
    answeredBy(plan),
    whoMay(plan),
    upstreamsOf(plan).join(', '),
    plan.cost === undefined ? '' : String(plan.cost),
    budgetOf(plan),
    plan.place ?? '',
  ]),
})

/** Long-lived responses and their limits. */
const lasting = (plans: readonly Plan[]): Table => ({
  titles: ['Path', 'Fed by', 'Bounds', 'Ends when'],
  rows: plans.flatMap((plan) => {
    const lasts = plan.door === 'forward' ? plan.upgrade : 'lasting' in plan ? plan.lasting : undefined
    return lasts === undefined ? [] : [[plan.path, fedBy(plan), ...lastingCells(lasts)]]
  }),
})

function answeredBy(plan: Plan): string {
  if (plan.door === 'own') return plan.summary
  return plan.door === 'socket' ? `socket ${plan.protocol}` : plan.door
}

const upstreamsOf = (plan: Plan): string[] =>
  plan.door === 'forward' ? [plan.upstream] : [...new Set(callsOf(plan).map(({ upstream }) => upstream))].toSorted()

function fedBy(plan: Plan): string {
  if (plan.door === 'forward') return `WebSockets of ${plan.upstream}`
  if (plan.door !== 'socket') return namesOf(callsOf(plan))
  return Object.entries(plan.topics)
    .map(([topic, { calls }]) => `${topic}: ${namesOf(calls)}`)
    .join('; ')
}

const namesOf = (calls: readonly PlannedCall[]): string => calls.map(({ name }) => name).join(', ')

function budgetOf(plan: Plan): string {
  if (plan.door !== 'screen' || plan.budget === undefined) return ''
  const { bytes, calls, p95 } = plan.budget
  return `${bytes} B, ${calls} ${calls === 1 ? 'call' : 'calls'}, ${p95} ms`
}

const widthsOf = ({ titles: named, rows }: Table, least: number): number[] =>
  named.map((title, i) => Math.max(least, title.length, ...rows.map((row) => row[i]!.length)))

const tablesOf = (plans: readonly Plan[]): Table[] =>
  [routes(plans), lasting(plans)].filter(({ rows }) => rows.length > 0)

/** Aligned columns for a terminal: all routes, then long-lived responses. */
export const plainTable = (plans: readonly Plan[]): string =>
  tablesOf(plans)
    .map((table) => {
      const widths = widthsOf(table, 0)
      const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')
      return [table.titles, ...table.rows].map((row) => line(row).trimEnd()).join('\n')
    })
    .join('\n\n')

/** Markdown, formatted as the repository's formatter does. */
export function markdownOf(table: Table): string {
  const widths = widthsOf(table, 3)
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(table.titles), line(widths.map((width) => '-'.repeat(width))), ...table.rows.map(line)].join('\n')
}

/** The tables of `plainTable` in Markdown, without line numbers, which change with every edit. */
export const markdownTable = (plans: readonly Plan[]): string =>
  tablesOf(plans)
    .map(({ titles: named, rows }) =>
      markdownOf({ titles: named, rows: rows.map((row) => row.map((cell, i) => markdown(cell, named[i]!))) }),
    )
    .join('\n\nWhat stays open:\n\n')

function markdown(cell: string, title: string): string {
  if (title === 'Path') return cell.replace(/^\S+/, '`$&`')
  return title === 'Place' ? cell.replace(/:\d+$/, '') : cell.replaceAll('|', '\\|')
}
