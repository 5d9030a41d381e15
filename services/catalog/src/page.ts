import type { Product } from '@bff/contracts/catalog'
import { problem } from '@bff/gateway-core/problem'
import type { Sort } from './search.ts'

export interface Window {
  readonly sort: Sort
  readonly cursor?: string | undefined
  readonly limit: number
}

/** A cursor names the last product seen and the sort order it belongs to, so pages do not shift while being read. */
export function pageOf(found: readonly Product[], { sort, cursor, limit }: Window) {
  const start = cursor === undefined ? 0 : after(cursor, found, sort)
  const items = found.slice(start, start + limit)
  const last = items.at(-1)
  return last === undefined || start + limit >= found.length ? { items } : { items, next: encode(sort, last.id) }
}

function after(cursor: string, found: readonly Product[], sort: Sort): number {
  const at = found.findIndex(({ id }) => encode(sort, id) === cursor)
  if (at < 0) throw problem(400, 'invalid-cursor')
  return at + 1
}

const encode = (sort: Sort, id: string): string => Buffer.from(`${sort} ${id}`).toString('base64url')
