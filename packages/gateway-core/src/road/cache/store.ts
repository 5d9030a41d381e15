import { LRUCache } from 'lru-cache'
import type { Headers } from '../call.ts'
import type { Question } from './question.ts'
import type { Terms } from './terms.ts'

/** An answer as it is kept. */
export interface Entry extends Terms {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

/** What could not be kept: until then nobody waits for another's fetch, to find it of no use. */
export interface Unkept {
  readonly passUntil: number
}

export type Kept = Entry | Unkept

/** All answers to one url for one user: they differ by the headers that `Vary` has named here, and one write ends them all. */
interface Place {
  readonly at: string
  readonly vary: readonly string[]
  readonly keys: Set<string>
}

interface Slot {
  readonly place: Place
  readonly kept: Kept
}

/** Answers, the least lately used the first to go, in at most so many bytes: keys and headers count. */
export class Store {
  readonly #places = new Map<string, Place>()
  readonly #slots: LRUCache<string, Slot>

  constructor(maxBytes: number) {
    this.#slots = new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf, dispose: (slot, key) => leave(slot, key) })
    const leave = ({ place }: Slot, key: string) => {
      place.keys.delete(key)
      if (place.keys.size === 0 && this.#places.get(place.at) === place) this.#places.delete(place.at)
    }
  }

  get bytes(): number {
    return this.#slots.calculatedSize
  }

  /** Where the answer to a question is kept. Before there is any, all that an answer could depend on counts. */
  keyOf(question: Question): string {
    return question.key(this.#places.get(question.place)?.vary)
  }

  get(key: string): Kept | undefined {
    return this.#slots.get(key)?.kept
  }

  /** `vary`: the headers that the answer depends on. */
  keep(question: Question, vary: readonly string[], kept: Kept): void {
    const place = this.#placeFor(question.place, vary)
    const key = question.key(place.vary)
    this.#slots.set(key, { place, kept })
    if (!this.#slots.has(key)) return
    place.keys.add(key)
    this.#places.set(place.at, place)
  }

  /** Everything that is kept for one place: it has changed. */
  forget(at: string): void {
    const place = this.#places.get(at)
    if (place === undefined) return
    this.#places.delete(at)
    for (const key of place.keys) this.#slots.delete(key)
  }

  /** A name once named by `Vary` counts for good: to be too exact is only a fetch too many. A new one makes all keys anew. */
  #placeFor(at: string, vary: readonly string[]): Place {
    const known = this.#places.get(at)
    if (known !== undefined && vary.every((name) => known.vary.includes(name))) return known
    this.forget(at)
    return { at, vary: [...new Set([...(known?.vary ?? []), ...vary])].toSorted(), keys: new Set() }
  }
}

/** Bytes that an entry takes beside its own, about: objects, and its places in three maps. */
const overhead = 1_024

/** A key stands in two maps. Characters that take two bytes each are rare enough in either. */
function sizeOf({ kept }: Slot, key: string): number {
  let size = overhead + 2 * key.length
  if ('passUntil' in kept) return size
  for (const name of Object.keys(kept.headers)) size += name.length + String(kept.headers[name]).length
  return size + kept.bytes.length
}
