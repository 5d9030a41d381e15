import type { Plan } from './plan.ts'
import { whoMay } from './text.ts'

const titles = ['Method', 'Path', 'Answered by', 'Who may', 'Upstreams', 'Cost', 'Budget', 'Place'] as const

/** One row for each route: method, path, door, who may, upstreams, cost at the limits, budget, place. */
export function rowsOf(plans: readonly Plan[]): string[][] {
  return plans.map((plan) => [
    plan.methods.join(' '),
    plan.path + (plan.when === undefined ? '' : ` when ${plan.when}`),
    plan.door === 'own' ? plan.summary : plan.door,
    whoMay(plan),
    upstreamsOf(plan).join(', '),
    plan.cost === undefined ? '' : String(plan.cost),
    budgetOf(plan),
    plan.place ?? '',
  ])
}

function upstreamsOf(plan: Plan): string[] {
  if (plan.door === 'forward') return [plan.upstream]
  return 'calls' in plan ? [...new Set(plan.calls.map(({ upstream }) => upstream))].toSorted() : []
}

function budgetOf(plan: Plan): string {
  if (plan.door !== 'screen' || plan.budget === undefined) return ''
  const { bytes, calls, p95 } = plan.budget
  return `${bytes} B, ${calls} ${calls === 1 ? 'call' : 'calls'}, ${p95} ms`
}

/** Columns side by side, for a terminal. */
export function plainTable(plans: readonly Plan[]): string {
  const all = [titles, ...rowsOf(plans)]
  const widths = titles.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The same in Markdown, as the formatter of the repository would have it. Without line numbers, which change with every edit. */
export function markdownTable(plans: readonly Plan[]): string {
  const cells = rowsOf(plans).map((row) => row.map((cell, i) => markdown(cell, titles[i]!)))
  const all = [[...titles], ...cells]
  const widths = titles.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const [first, ...rest] = all
  return [line(first!), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n')
}

function markdown(cell: string, title: (typeof titles)[number]): string {
  if (title === 'Path') return cell.replace(/^\S+/, '`$&`')
  return title === 'Place' ? cell.replace(/:\d+$/, '') : cell.replaceAll('|', '\\|')
}
