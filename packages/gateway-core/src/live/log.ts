/** What happened, by number. */
export interface Entry {
  readonly rev: number
  readonly item: unknown
  readonly bytes: number
}

/** Of one log, however many read it: what a reader may lag behind before it has to read anew what the log is about. */
export const room = { entries: 1_000, bytes: 65_536 }

/** The newest of what happened; one that reads it is a number. The newest of all stays, however large it is. */
export class Log {
  #entries: Entry[] = []
  #bytes = 0
  #floor: number

  /** Begins after `floor`. */
  constructor(floor: number) {
    this.#floor = floor
  }

  /** All that happened after it is here. */
  get floor(): number {
    return this.#floor
  }

  get last(): number {
    return this.#entries.at(-1)?.rev ?? this.#floor
  }

  get newest(): unknown {
    return this.#entries.at(-1)?.item
  }

  /** Whether it was news. */
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

  /** The oldest that is newer than `rev`. Most who ask have read all but the last. */
  after(rev: number): Entry | undefined {
    let found: Entry | undefined
    for (let i = this.#entries.length - 1; i >= 0 && this.#entries[i]!.rev > rev; i--) found = this.#entries[i]
    return found
  }
}
