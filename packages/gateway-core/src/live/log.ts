/** One numbered event. */
export interface Entry {
  readonly rev: number
  readonly item: unknown
  readonly bytes: number
}

/** Bounds of one log, shared by all readers: a reader further behind must resync. */
export const room = { entries: 1_000, bytes: 65_536 }

/** A bounded log of the newest entries; a reader is only a number. The newest entry stays, however large. */
export class Log {
  #entries: Entry[] = []
  #bytes = 0
  #floor: number

  constructor(floor: number) {
    this.#floor = floor
  }

  /** Everything after it is in the log. */
  get floor(): number {
    return this.#floor
  }

  get last(): number {
    return this.#entries.at(-1)?.rev ?? this.#floor
  }

  get newest(): unknown {
    return this.#entries.at(-1)?.item
  }

  /** Whether the entry was new. */
  add(entry: Entry): boolean {
    if (entry.rev <= this.last) return false
    this.#entries.push(entry)
    this.#bytes += entry.bytes
    while (this.#entries.length > 1 && (this.#bytes > room.bytes || this.#entries.length > room.entries)) {
      const { rev, bytes } = this.#entries.shift()!
      this.#floor = rev
      this.#bytes -= bytes
    }
    return true
  }

  /** The oldest entry after `rev`. Scans backwards: most readers lack only the last. */
  after(rev: number): Entry | undefined {
    let found: Entry | undefined
    for (let i = this.#entries.length - 1; i >= 0 && this.#entries[i]!.rev > rev; i--) found = this.#entries[i]
    return found
  }
}
