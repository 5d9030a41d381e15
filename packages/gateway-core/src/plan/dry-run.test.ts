import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract } from '../contract.ts'
import { conditional as when } from '../screen/conditional.ts'
import { compensated, optional } from '../screen/mark.ts'
import { answersOf } from './answers.ts'
import { dryRun } from './dry-run.ts'
import { graphOf } from './needs.ts'

const Order = z.object({ id: z.string(), lines: z.array(z.object({ productId: z.string() })) })
const Product = z.object({ id: z.string(), name: z.string() })

const sources = {
  orders: { 'GET /orders/:id': { out: Order }, 'GET /lists': { out: z.array(z.string()) } },
  catalog: {
    'GET /products': { out: z.object({ items: z.array(Product) }) },
    'GET /products/:id': {
      out: Product,
      errors: { missing: 404 },
      batch: { by: 'GET /products', ids: 'ids', items: 'items', id: 'id', missing: 'missing' },
    },
    'GET /prices/:id': { out: z.object({ amount: z.int() }) },
  },
} as const satisfies Record<string, Contract>

type From = Record<'orders' | 'catalog', (key: string, input?: object) => Promise<never>>
interface Lines {
  readonly lines: readonly { readonly productId: string }[]
}

const screen = (parts: (request: { from: From }) => object) => ({ parts, request: {} })
const lines = (from: From): Promise<Lines> => from.orders('GET /orders/:id', { id: 'o1' })
const idsOf = ({ lines: all }: Lines) => all.map(({ productId }) => productId)

describe('dryRun', () => {
  it('writes down every call and answers it as its contract says', async () => {
    const run = await dryRun(
      screen(({ from }) => ({ order: lines(from), two: lines(from).then((o) => o.lines.length) })),
      sources,
      await answersOf(sources, 3),
    )
    expect(run.calls.map(({ id }) => id)).toEqual([
      'orders GET /orders/:id {"id":"o1"} #1',
      'orders GET /orders/:id {"id":"o1"} #2',
    ])
    expect([...run.came]).toEqual(['order', 'two'])
    await expect(run.parts['two']).resolves.toBe(3)
  })

  it('gathers what the contract says is asked for at once', async () => {
    const run = await dryRun(
      screen(({ from }) => ({
        products: lines(from).then((o) => Promise.all(idsOf(o).map((id) => from.catalog('GET /products/:id', { id })))),
      })),
      sources,
      await answersOf(sources),
    )
    expect(run.calls.map(({ key }) => key)).toEqual(['GET /orders/:id', 'GET /products'])
    await expect(run.parts['products']).resolves.toEqual([
      expect.objectContaining({ id: 'productId-1' }),
      expect.objectContaining({ id: 'productId-2' }),
    ])
  })

  it('says which part failed by itself, and why', async () => {
    const run = await dryRun(
      screen(({ from }) => ({
        order: lines(from).then(() => {
          throw new TypeError('no such member')
        }),
      })),
      sources,
      await answersOf(sources),
    )
    expect(run.failed).toEqual({ order: new TypeError('no such member') })
  })

  it('ends a screen that would ask for ever', async () => {
    const forEver = async (from: From) => {
      for (let page = 0; ; page++) await from.catalog('GET /prices/:id', { id: String(page) })
    }
    const endless = screen(({ from }) => ({ all: forEver(from) }))
    await expect(dryRun(endless, sources, await answersOf(sources))).rejects.toThrow(
      'it makes calls without end: catalog GET /prices/:id',
    )
  })
})

describe('graphOf', () => {
  const graph = (parts: (request: { from: From }) => object) => graphOf(screen(parts), sources)

  it('finds what a call needs, however it was written', async () => {
    const written: ((from: From) => object)[] = [
      (from) => ({ products: lines(from).then((o) => from.catalog('GET /products', { ids: idsOf(o) })) }),
      (from) => ({
        products: (async () => {
          const order = await lines(from)
          return await from.catalog('GET /products', { ids: idsOf(order) })
        })(),
      }),
      (from) => ({
        products: Promise.all([lines(from), Promise.resolve()]).then(([o]) =>
          from.catalog('GET /products', { ids: idsOf(o) }),
        ),
      }),
    ]
    for (const parts of written) {
      const { calls, waves, parts: found } = await graph(({ from }) => parts(from))
      expect(calls.map(({ name, needs }) => [name, needs])).toEqual([
        ['orders GET /orders/:id', []],
        ['catalog GET /products', ['orders GET /orders/:id']],
      ])
      expect(waves).toEqual([['orders GET /orders/:id'], ['catalog GET /products']])
      expect(found).toMatchObject([{ name: 'products', calls: ['orders GET /orders/:id', 'catalog GET /products'] }])
    }
  })

  it('tells a call for each item from calls that are written twice', async () => {
    const { calls } = await graph(({ from }) => ({
      a: from.catalog('GET /products', { featured: 'true' }),
      b: from.catalog('GET /products', { cheap: 'true' }),
      prices: lines(from).then((o) => Promise.all(idsOf(o).map((id) => from.catalog('GET /prices/:id', { id })))),
    }))
    expect(calls.map(({ name, times, each }) => [name, times, each])).toEqual([
      ['catalog GET /products', 2, false],
      ['orders GET /orders/:id', 1, false],
      ['catalog GET /prices/:id', 2, true],
    ])
  })

  it('gives a call to the part that is nearest to it, and knows the kinds of parts', async () => {
    const { parts } = await graph(({ from }) => {
      const order = lines(from)
      return {
        order,
        products: order.then((o) => from.catalog('GET /products', { ids: idsOf(o) })),
        lists: optional(from.orders('GET /lists'), [] as never),
        now: Promise.resolve(1),
      }
    })
    expect(parts).toEqual([
      { name: 'order', kind: 'required', calls: ['orders GET /orders/:id'], needs: [], undo: [] },
      { name: 'products', kind: 'required', calls: ['catalog GET /products'], needs: ['order'], undo: [] },
      { name: 'lists', kind: 'optional', calls: ['orders GET /lists'], needs: [], undo: [] },
      { name: 'now', kind: 'required', calls: [], needs: [], undo: [] },
    ])
  })

  it('knows what takes a write back', async () => {
    const { parts, calls } = await graph(({ from }) => ({
      written: compensated(lines(from) as never, () => from.orders('GET /lists')),
    }))
    expect(calls).toHaveLength(1)
    expect(parts).toMatchObject([{ kind: 'compensated', undo: ['orders GET /lists'] }])
  })

  it('refuses a part that never comes', async () => {
    const never = graph(() => ({ late: new Promise(() => undefined) }))
    await expect(never).rejects.toThrow('its part "late" never resolves, though every call is answered')
  })

  it('sees what depends on a condition, and a call that nobody waits for', async () => {
    const { parts, calls } = await graph(({ from }) => {
      void from.orders('GET /lists')
      return { prices: when(false, () => from.catalog('GET /prices/:id', { id: '1' })) }
    })
    expect(calls.map(({ name }) => name)).toEqual(['orders GET /lists', 'catalog GET /prices/:id'])
    expect(parts).toMatchObject([{ name: 'prices', calls: ['catalog GET /prices/:id'] }])
  })

  it('finds chains of three and what two of them share', async () => {
    const { calls, waves } = await graph(({ from }) => {
      const order = lines(from)
      const lists = order.then(() => from.orders('GET /lists'))
      return {
        both: Promise.all([order, lists]).then(() => from.catalog('GET /products', {})),
        one: lists.then(() => from.catalog('GET /prices/:id', { id: '1' })),
      }
    })
    expect(calls.map(({ key, needs }) => [key, needs])).toEqual([
      ['GET /orders/:id', []],
      ['GET /lists', ['orders GET /orders/:id']],
      ['GET /prices/:id', ['orders GET /lists']],
      ['GET /products', ['orders GET /lists']],
    ])
    expect(waves.map((names) => names.length)).toEqual([1, 1, 2])
  })

  it('tells calls apart by their order where inputs differ in each run', async () => {
    let keys = 0
    const { calls } = await graph(({ from }) => {
      const first = from.orders('GET /lists', { key: keys++ })
      return { second: first.then(() => from.orders('GET /orders/:id', { key: keys++ })) }
    })
    expect(calls.map(({ key, needs }) => [key, needs])).toEqual([
      ['GET /lists', []],
      ['GET /orders/:id', ['orders GET /lists']],
    ])
  })
})
