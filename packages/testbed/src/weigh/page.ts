import { nameOf } from './inputs.ts'
import type { Asked, Size, Weight } from './scales.ts'
import { type Column, table } from './table.ts'
import type { Times } from './times.ts'

/** A case that was weighed and, but for a test, timed. */
export interface Row extends Weight {
  readonly times?: Times
}

const text = `# Screens

What the screens of both BFFs cost, made by \`npm run screens -- --write\`. Sizes are bytes, times milliseconds.

The whole shop runs in one process, and before each service a server that counts what it answers. Ada has a cart of 50 lines
and a page of orders, one of them of 50 lines. Each screen is asked twice of a BFF that has just started: _calls_ and sizes are
of the first time, when nothing is in its cache, and _again_ is how many calls the second time took. A call counts once, however
often it is tried. _Services_ is what the services answered to them, without and with heads: as much as a client would fetch
that asked the services itself. _Saved_ is how much less the answer is than the bodies of theirs.

What stands behind a slash is the budget that the screen's own file names. \`packages/testbed/test/budgets.test.ts\` fails when
there is none, when bytes or calls go over it, and when this page says something else than what it measures: ids and dates
differ from run to run, but not in length.

Columns with an asterisk are of one run, and nothing checks them. Times are of 40 requests one after the other by somebody who
is signed in, on a machine that does nothing else and with nothing between the BFF and the services: _p50_ and _p95_ without a
cache, _p95 again_ with one.`

/** The page as it must be. */
export function page(rows: readonly Row[]): string {
  const ofBff = (bff: string): Row[] => rows.filter((row) => row.bff === bff)
  return (
    [
      text,
      ...['web', 'mobile'].flatMap((bff) => [`## The ${bff} BFF`, table(screenColumns, ofBff(bff))]),
      '## Web against mobile',
      table(pairColumns, pairsOf(rows)),
      '## The checkout, three ways',
      ...['3 lines', '50 lines'].map((of) => table(wayColumns(of), waysOf(rows, of))),
    ].join('\n\n') + '\n'
  )
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
/** Never says that all of it was saved when something was left. */
const saved = (share: number): string => `${Math.floor(share * 100)} %`
const ms = (time: number | undefined): string => (time === undefined ? '' : time.toFixed(1))
const within = (measured: number | string, budget: number | undefined): string => `${measured} / ${budget ?? 'none'}`

const screenColumns: readonly Column<Row>[] = [
  { title: 'Screen', side: 'left', of: ({ key, of }) => `\`${key}\`${of === '' ? '' : `, ${of}`}` },
  { title: 'Calls', of: ({ cold, budget }) => within(cold.calls.length, budget?.calls) },
  { title: 'Again', of: ({ warm }) => warm.calls.length },
  { title: 'Services', of: ({ cold }) => cold.bytes },
  { title: 'With heads', of: ({ cold }) => cold.withHeads },
  { title: 'Answer', of: ({ answer, budget }) => within(answer.bytes, budget?.bytes) },
  { title: 'Saved', of: ({ answer, cold }) => (cold.bytes === 0 ? '' : saved(1 - answer.bytes / cold.bytes)) },
  { title: 'Gzip\\*', of: ({ answer }) => answer.gzip },
  { title: 'p50\\*', of: ({ times }) => ms(times?.cold.p50) },
  { title: 'p95\\*', of: ({ times }) => ms(times?.cold.p95) },
  { title: 'p95 again\\*', of: ({ times }) => ms(times?.warm.p95) },
  { title: 'p95 budget', of: ({ budget }) => budget?.p95 ?? 'none' },
]

interface Pair {
  readonly name: string
  readonly web: number
  readonly mobile: number
}

const pairColumns: readonly Column<Pair>[] = [
  { title: 'Screen', side: 'left', of: ({ name }) => name },
  { title: 'web', of: ({ web }) => web },
  { title: 'mobile', of: ({ mobile }) => mobile },
  { title: 'mobile of web', of: ({ web, mobile }) => percent(mobile / web) },
]

/** The answers of the screens that both BFFs have by one name, asked for the same. */
export function pairsOf(weights: readonly Weight[]): Pair[] {
  const named = ({ key, of }: Weight): string => `\`${nameOf(key)}\`${of === '' ? '' : `, ${of}`}`
  const mobile = new Map(
    weights.flatMap((weight) => (weight.bff === 'mobile' ? [[named(weight), weight.answer.bytes]] : [])),
  )
  return weights.flatMap((weight) => {
    const other = mobile.get(named(weight))
    return weight.bff !== 'web' || other === undefined
      ? []
      : [{ name: named(weight), web: weight.answer.bytes, mobile: other }]
  })
}

interface Way extends Size {
  readonly name: string
  readonly requests: number
}

const wayColumns = (of: string): readonly Column<Way>[] => [
  { title: `Checkout of ${of} through`, side: 'left', of: ({ name }) => name },
  { title: 'requests', of: ({ requests }) => requests },
  { title: 'bytes', of: ({ bytes }) => bytes },
  { title: 'gzipped\\*', of: ({ gzip }) => gzip },
]

function waysOf(rows: readonly Row[], of: string): Way[] {
  const found = (bff: string): Row =>
    rows.find((row) => row.bff === bff && nameOf(row.key) === 'GET /checkout/:orderId' && row.of === of)!
  const direct: Asked = found('web').cold
  return [
    { name: 'the services, directly', requests: direct.calls.length, ...direct },
    ...['web', 'mobile'].map((bff) => ({ name: `${bff}-bff`, requests: 1, ...found(bff).answer })),
  ]
}
