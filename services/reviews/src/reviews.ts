import { hash } from 'node:crypto'
import type { Reviews } from '@bff/contracts/reviews'
import { authors, type Opinion, opinions } from './data.ts'

const newest = Date.UTC(2026, 5, 30)
const days = 900
const day = 86_400_000

/** Most reviews of one product; some have none. */
const most = 12

/** Deterministic per product, across machines and restarts: derived from the ID. */
export function reviewsOf(productId: string, limit: number): Reviews {
  const items = all(productId)
  const sum = items.reduce((total, { rating }) => total + rating, 0)
  return {
    average: items.length === 0 ? null : Math.round((sum / items.length) * 10) / 10,
    count: items.length,
    items: items.slice(0, limit),
  }
}

function all(productId: string): Reviews['items'] {
  const count = draw(productId, 'count') % (most + 1)
  const said = shuffle(opinions, ({ title }) => draw(productId, title)).slice(0, count)
  const people = shuffle(authors, (author) => draw(productId, author))
  return said
    .map((opinion, at) => review(productId, opinion, people[at]!))
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id))
}

function review(productId: string, opinion: Opinion, author: string): Reviews['items'][number] {
  const id = `rev_${draw(productId, opinion.text).toString(36)}`
  const age = draw(productId, `${author} ${opinion.title}`) % days
  return { id, author, ...opinion, createdAt: new Date(newest - age * day).toISOString().slice(0, 10) }
}

function shuffle<T>(list: readonly T[], rank: (one: T) => number): T[] {
  return list
    .map((one) => ({ one, at: rank(one) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

const draw = (productId: string, what: string): number =>
  hash('sha256', `${productId} ${what}`, 'buffer').readUIntBE(0, 6)
