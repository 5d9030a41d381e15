import { LRUCache } from 'lru-cache'
import type { Headers } from '../call.ts'
import type { Question } from './question.ts'
import type { Terms } from './terms.ts'

/** A stored response. */
export interface Entry extends Terms {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

/** A response that could not be stored: until `passUntil`, calls do not wait for each other's fetches. */
export interface Unkept {
  readonly passUntil: number
}

export type Kept = Entry | Unkept

/**
 * All responses to one URL for one user: they differ by the headers `Vary` has named, and one write invalidates them
 * all.
 */
interface Place {
  readonly at: string
  readonly vary: readonly string[]
  readonly keys: Set<string>
}

interface Slot {
  readonly place: Place
  readonly kept: Kept
}

/** LRU store of responses, bounded in bytes including keys and headers. */
export class ResponseCache {
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

  /** The key of a question's response. Before any is stored, every header it could depend on counts. */
  keyOf(question: Question): string {
    return question.key(this.#places.get(question.place)?.vary)
  }

  get(key: string): Kept | undefined {
    return this.#slots.get(key)?.kept
  }

  /** `vary`: headers the response depends on. */
  keep(question: Question, vary: readonly string[], kept: Kept): void {
    const place = this.#placeFor(question.place, vary)
    const key = question.key(place.vary)
    this.#slots.set(key, { place, kept })
    if (!this.#slots.has(key)) return
    place.keys.add(key)
    this.#places.set(place.at, place)
  }

  /** Invalidates a place. */
  forget(at: string): void {
    const place = this.#places.get(at)
    if (place === undefined) return
    this.#places.delete(at)
    for (const key of place.keys) this.#slots.delete(key)
  }

  /** `Vary` names accumulate: too precise a key only costs an extra fetch. A new name discards the place's entries. */
  #placeFor(at: string, vary: readonly string[]): Place {
    const known = this.#places.get(at)
    if (known !== undefined && vary.every((name) => known.vary.includes(name))) return known
    this.forget(at)
    return { at, vary: [...new Set([...(known?.vary ?? []), ...vary])].toSorted(), keys: new Set() }
  }
}

/** Approximate overhead of an entry in bytes: objects, and its slots in three maps. */
const overhead = 1_024

/** Keys count twice, as two maps hold them. Two-byte characters are rare enough to ignore. */
function sizeOf({ kept }: Slot, key: string): number {
  let size = overhead + 2 * key.length
  if ('passUntil' in kept) return size
  for (const name of Object.keys(kept.headers)) size += name.length + String(kept.headers[name]).length
  return size + kept.bytes.length
}
