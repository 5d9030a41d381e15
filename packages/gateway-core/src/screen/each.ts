import { asked, type ErrorsOf, joins, type Part, type WritesOf } from '../part.ts'

export interface EachOptions<I> {
  /** Concurrent calls, 1 or more. Calls gathered into one (`batch` in a contract) do not count. Default 8. */
  readonly concurrency?: number
  /** Items with the same key are fetched once. Default: the item itself, an object by its JSON. */
  readonly key?: (item: I) => string
}

/** A list of writes counts as several. */
type Many<W extends string> = W extends string ? W | `${W}, again` : never

/**
 * A part for each item, in item order: `each(lines, (line) => from.catalog('GET /products/:id', { id: line.productId
 * }))`. The first failure fails the whole, and calls not yet started never start.
 */
export function each<I, R>(
  items: readonly I[],
  ask: (item: I) => R,
  { concurrency = 8, key = keyOf }: EachOptions<I> = {},
): Part<Awaited<R>[], ErrorsOf<R>, Many<WritesOf<R>>> {
  if (!(concurrency >= 1)) throw new RangeError(`each: concurrency must be 1 or more, not ${concurrency}`)
  const first = new Map<string, I>()
  const keys = items.map(key)
  for (const [i, one] of keys.entries()) if (!first.has(one)) first.set(one, items[i]!)
  return asked(() => run(first, ask, concurrency).then((values) => keys.map((one) => values.get(one)!))) as never
}

const keyOf = (item: unknown): string =>
  typeof item === 'object' && item !== null ? JSON.stringify(item) : String(item)

/** Calls `ask` for each item in order, at most `most` at a time. */
function run<I, R>(items: ReadonlyMap<string, I>, ask: (item: I) => R, most: number): Promise<Map<string, Awaited<R>>> {
  const values = new Map<string, Awaited<R>>()
  const { promise, resolve, reject } = Promise.withResolvers<Map<string, Awaited<R>>>()
  const left = items.entries()
  const now = { busy: 0, missing: items.size, failed: false }
  const fail = (error: unknown): void => {
    now.failed = true
    reject(error)
  }
  const next = (): void => {
    try {
      while (now.busy < most && !now.failed) {
        const one = left.next()
        if (one.done === true) return
        start(...one.value)
      }
    } catch (error) {
      fail(error)
    }
  }
  const start = (key: string, item: I): void => {
    const work = ask(item)
    const counts = typeof work === 'object' && work !== null && joins(work) ? 0 : 1
    now.busy += counts
    Promise.resolve(work).then((value) => {
      values.set(key, value)
      now.busy -= counts
      if (--now.missing === 0) resolve(values)
      else next()
    }, fail)
  }
  if (items.size === 0) resolve(values)
  next()
  return promise
}
