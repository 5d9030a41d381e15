import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { screensOf } from '../src/faults/recorded.ts'
import { bffs } from '../src/faults/world.ts'
import { inputsOf, nameOf } from '../src/weigh/inputs.ts'
import { page, pairsOf } from '../src/weigh/page.ts'
import { type Scales, startScales, type Weight } from '../src/weigh/scales.ts'
import { steady, table } from '../src/weigh/table.ts'
import { quantiles } from '../src/weigh/times.ts'

const written = join(import.meta.dirname, '../../../docs/screens.md')

let scales: Scales
const weights: Weight[] = []

beforeAll(async () => {
  scales = await startScales()
  for (const one of scales.cases) weights.push(await scales.weigh(one))
}, 60_000)

afterAll(async () => {
  await scales[Symbol.asyncDispose]()
})

const spell = ({ bff, key, of }: Weight): string => `${bff} ${key} ${of}`.trim()

/** Exceeded budgets; for calls, lists them. */
function excess(weight: Weight): string[] {
  const { budget, answer, cold } = weight
  const { calls } = cold
  if (budget === undefined) return [`${spell(weight)}: there is no budget`]
  const asked = `${calls.length} calls, the budget is ${budget.calls}: ${calls.join(', ')}`
  return [
    ...(answer.bytes > budget.bytes ? [`${spell(weight)}: ${answer.bytes} bytes, the budget is ${budget.bytes}`] : []),
    ...(calls.length > budget.calls ? [`${spell(weight)}: ${asked}`] : []),
  ]
}

const checkouts = (bff: string): Weight[] =>
  weights.filter((weight) => weight.bff === bff && nameOf(weight.key) === 'GET /checkout/:orderId')

describe('what a screen costs', () => {
  it.each(bffs.flatMap((bff) => screensOf(bff).map(({ key }) => [bff.name, key])))(
    '%s %s keeps within its budget',
    (bff, key) => {
      const cases = weights.filter((weight) => weight.bff === bff && weight.key === key)
      expect(cases).not.toEqual([])
      expect(cases.flatMap(excess)).toEqual([])
    },
  )

  it.each(bffs.map(({ name }) => name))(
    '%s: checkout makes at most 5 upstream calls for an order of 50 lines',
    (bff) => {
      const large = checkouts(bff).find(({ of }) => of === '50 lines')!
      expect(large.cold.calls.length).toBeGreaterThan(0)
      expect(large.cold.calls.length).toBeLessThanOrEqual(5)
    },
  )

  it.each(['3 lines', '50 lines'])(
    'the mobile checkout is at most 40 % of the bytes of the same data from the services: %s',
    (of) => {
      const { answer, cold } = checkouts('mobile').find((weight) => weight.of === of)!
      expect(answer.bytes).toBeLessThanOrEqual(0.4 * cold.bytes)
    },
  )

  // Both BFFs answer writes as briefly as possible.
  it('the mobile answer is at most 40 % of what the web is answered for the same read', () => {
    const reads = pairsOf(weights).filter(({ name }) => name.startsWith('`GET '))
    expect(reads.length).toBeGreaterThan(0)
    expect(reads.filter(({ web, mobile }) => mobile > 0.4 * web)).toEqual([])
  })

  it('is what docs/screens.md says: else run `npm run screens -- --write`', () => {
    expect(steady(readFileSync(written, 'utf8'))).toBe(steady(page(weights)))
  })
})

describe('the scales', () => {
  it('refuse a screen that nobody has said how to ask, and say where to', () => {
    expect(() => inputsOf('web', 'GET /api/news', {} as Parameters<typeof inputsOf>[2])).toThrow(
      /GET \/api\/news.*'GET \/news' in packages\/testbed\/src\/weigh\/inputs\.ts/,
    )
  })

  it('find the times within which 50 and 95 of 100 runs are there, and do not count the first', async () => {
    let now = 0
    let run = 0
    const slowAtFirst = () => {
      now += ++run <= 5 ? 1_000 : run
      return Promise.resolve()
    }
    expect(await quantiles(slowAtFirst, 20, () => now)).toEqual({ p50: 15, p95: 24 })
  })

  it('leave out of a page what differs from run to run, and nothing else', () => {
    const pageOf = (bytes: number, ms: number): string =>
      table(
        [
          { title: 'Screen', side: 'left', of: () => 'home' },
          { title: 'Time\\*', of: () => ms },
          { title: 'Bytes', of: () => bytes },
        ],
        [{}],
      )
    expect(steady(pageOf(10, 1))).toBe(steady(pageOf(10, 123_456_789)))
    expect(steady(pageOf(10, 1))).not.toBe(steady(pageOf(11, 1)))
  })
})
