/**
 * Something checked about once a second: `now` is `performance.now()`, `date` the wall clock that credentials expire
 * by.
 */
export interface Ticked {
  tick(now: number, date: number): void
}

/** One timer for thousands, and none while there are none. */
export class Ticks {
  readonly #all = new Set<Ticked>()
  #timer: NodeJS.Timeout | undefined

  add(one: Ticked): void {
    this.#all.add(one)
    this.#timer ??= setInterval(() => this.#tick(), 1_000).unref()
  }

  delete(one: Ticked): void {
    this.#all.delete(one)
    if (this.#all.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const [now, date] = [performance.now(), Date.now()]
    for (const one of this.#all) one.tick(now, date)
  }
}
