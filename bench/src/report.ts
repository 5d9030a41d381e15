import type { Row } from './groups.ts'
import type { GuardRow } from './guards.ts'
import type { Measured } from './measure.ts'
import type { SocketRow } from './sockets.ts'
import { ratio, type Spread, spreadOf } from './spread.ts'
import type { StreamRow } from './streams.ts'
import { table } from './table.ts'

const most = { growth: 32, ofRate: 0.8 }

interface Cost {
  readonly name: string
  readonly cpu: Spread
  /** Multiple of the floor's. */
  readonly times: Spread
}

/** The first row is the floor. */
export function loadTable(all: readonly Measured[]): string {
  const floor = all[0]!.loads.map(({ cpu }) => cpu)
  const costs = new Map(
    all.map(({ row, loads }) => [
      row.key,
      costOf(
        row,
        loads.map(({ cpu }) => cpu),
        floor,
      ),
    ]),
  )
  const of = (key: string) => costs.get(key)!
  const lines = all.map(({ row, loads }) => {
    const { name, cpu, times } = of(row.key)
    const median = (what: 'rate' | 'p50' | 'p99' | 'rss') => spreadOf(loads.map((load) => load[what])).median
    return [
      name,
      `${show(cpu, 1)} µs`,
      show(times, 2),
      median('rate').toFixed(0),
      `${(median('p50') / 1_000).toFixed(1)} ms`,
      `${(median('p99') / 1_000).toFixed(1)} ms`,
      `${median('rss').toFixed(0)} MiB`,
      budget(row, times.median, of),
    ]
  })
  return table(['subject', 'CPU per request', '× the floor', 'req/s', 'p50', 'p99', 'RSS', 'budget'], lines)
}

const costOf = ({ name }: Row, cpu: readonly number[], floor: readonly number[]): Cost => ({
  name,
  cpu: spreadOf(cpu),
  times: ratio(cpu, floor),
})

/** Alternating rows: the floor, then ours. */
export function streamTable(rows: readonly StreamRow[]): string {
  const lines = rows.map(({ name, streamed }, i) => {
    const growth = spreadOf(streamed.map((each) => each.growth))
    const rates = streamed.map(({ rate }) => rate)
    const times = ratio(
      rates,
      rows[i - (i % 2)]!.streamed.map(({ rate }) => rate),
    )
    const verdict =
      i % 2 === 0
        ? ''
        : [
            judge(`≥ ${most.ofRate} ×`, times.median >= most.ofRate),
            judge(`≤ ${most.growth} MiB`, growth.median <= most.growth),
          ].join(', ')
    const cpu = spreadOf(streamed.map((each) => each.cpu))
    return [
      name,
      `${show(spreadOf(rates), 0)} MB/s`,
      show(times, 2),
      `${show(cpu, 0)} ms`,
      `${show(growth, 0)} MiB`,
      verdict,
    ]
  })
  return table(['1 GiB', 'throughput', '× the floor', 'CPU per 100 MB', 'RSS growth', 'budget'], lines)
}

/** The first row is the floor. */
export function guardTable(rows: readonly GuardRow[]): string {
  const [floor] = rows
  const lines = rows.map(({ name, micros, atMost }) => {
    const beyond = spreadOf(micros.map((each, i) => each - floor!.micros[i]!))
    const verdict = atMost === undefined ? '' : judge(`≤ ${atMost} µs`, beyond.median <= atMost)
    return [name, `${show(spreadOf(micros), 2)} µs`, atMost === undefined ? '' : `${show(beyond, 2)} µs`, verdict]
  })
  return table(['guard, warm', 'CPU per call', 'guard', 'budget'], lines)
}

/** The first row is the floor. */
export function socketTable(rows: readonly SocketRow[]): string {
  const lines = rows.map(({ name, each, atMost }) => {
    const cost = spreadOf(each)
    const verdict = atMost === undefined ? '' : judge(`≤ ${atMost} KiB`, cost.median <= atMost)
    return [name, `${show(cost, 1)} KiB`, verdict]
  })
  return table(['idle sockets', 'RSS each', 'budget'], lines)
}

function budget({ atMost, below }: Row, times: number, of: (key: string) => Cost): string {
  const verdicts = []
  if (atMost !== undefined) verdicts.push(judge(`≤ ${atMost} ×`, times <= atMost))
  if (below !== undefined) verdicts.push(judge(`< ${of(below).name}`, times < of(below).times.median))
  return verdicts.join(', ')
}

const judge = (text: string, met: boolean): string => `${text} ${met ? 'met' : '**missed**'}`

const show = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
