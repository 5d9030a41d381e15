import type { Load } from './load.ts'

interface Row {
  readonly name: string
  /** Index of the row that its ratio is taken against. */
  readonly floor: number
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** One line per subject, as a Markdown table. */
export function report(rows: readonly Row[], results: readonly (readonly Load[])[]): string {
  const medians = results.map((rounds) => ({
    cpu: median(rounds.map(({ cpu }) => cpu)),
    rate: median(rounds.map(({ rate }) => rate)),
    p99: median(rounds.map(({ p99 }) => p99)),
  }))
  const lines = rows.map(({ name, floor }, i) => {
    const { cpu, rate, p99 } = medians[i]!
    const ratio = cpu / medians[floor]!.cpu
    return `| ${name} | ${cpu.toFixed(0)} µs | ${ratio.toFixed(2)} | ${rate.toFixed(0)} | ${p99.toFixed(0)} ms |`
  })
  return [
    '| subject | CPU per request | × its floor | req/s | p99 |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}
