import type { PlannedCall, ScreenPlan } from './plan.ts'

/** Width of the longest path in columns. */
const columns = 40

/**
 * When each call can run if all take their full timeout: `━` on the longest path, `─` beside it.
 *
 *     orders GET /orders/:id      ━━━━━━━━━━━━━━━━━━              0 – 2500 ms
 *     catalog GET /products                         ━━━━━━━━   2500 – 3300 ms
 */
export function timeline({ calls, waves, critical }: ScreenPlan): string[] {
  if (calls.length === 0) return ['Calls', '  none']
  const starts = startsOf(calls)
  const scale = columns / critical.timeouts
  const width = Math.max(...calls.map((call) => label(call).length))
  const bar = (call: PlannedCall): string => {
    const from = Math.round(starts.get(call.name)! * scale)
    const long = Math.max(1, Math.round(call.timeout * scale))
    return (' '.repeat(from) + (critical.calls.includes(call.name) ? '━' : '─').repeat(long)).padEnd(columns + 1)
  }
  const row = (call: PlannedCall): string => {
    const start = starts.get(call.name)!
    return `  ${label(call).padEnd(width)}  ${bar(call)}${start} – ${start + call.timeout} ms`
  }
  return [
    'Calls, if each takes its full timeout (━ the longest path)',
    ...waves.flatMap((names) => names.map((name) => row(calls.find((call) => call.name === name)!))),
  ]
}

const label = ({ name, each, times }: PlannedCall): string => name + (each ? ' × n' : times > 1 ? ` × ${times}` : '')

function startsOf(calls: readonly PlannedCall[]): Map<string, number> {
  const byName = new Map(calls.map((call) => [call.name, call]))
  const starts = new Map<string, number>()
  const startOf = (name: string): number => {
    const known = starts.get(name)
    if (known !== undefined) return known
    const start = Math.max(0, ...byName.get(name)!.needs.map((need) => startOf(need) + byName.get(need)!.timeout))
    starts.set(name, start)
    return start
  }
  for (const { name } of calls) startOf(name)
  return starts
}
