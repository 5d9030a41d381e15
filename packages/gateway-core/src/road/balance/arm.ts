import type { Call } from '../call.ts'
import type { Choose } from './choose.ts'
import type { Instance } from './instance.ts'

/** The instances of one arm, and which of them are available. */
export class Arm {
  readonly #choose: Choose
  readonly #panic: number
  #instances: readonly Instance[] = []
  #troubled = 0

  /** `panic`: if more than this share were excluded, none is. */
  constructor(choose: Choose, panic: number) {
    this.#choose = choose
    this.#panic = panic
  }

  get instances(): readonly Instance[] {
    return this.#instances
  }

  set instances(instances: readonly Instance[]) {
    this.#instances = instances
    this.recount()
  }

  /** Call when an instance changes state. */
  recount(): void {
    this.#troubled = this.#instances.filter(({ state }) => state !== 'well').length
  }

  /** Whether a healthy, untried instance exists. */
  hasWell(call: Call, now: number): boolean {
    return this.#instances.some((one) => one.isWell(now) && call.tried?.has(one) !== true)
  }

  /** The instance for a call, preferably untried; undefined if there are none at all. */
  pick(call: Call, now: number): Instance | undefined {
    let among = this.#troubled === 0 ? this.#instances : this.#spare(now)
    const { tried } = call
    if (tried !== undefined && tried.size > 0) {
      const fresh = among.filter((one) => !tried.has(one))
      if (fresh.length > 0) among = fresh
    }
    return among.length === 0 ? undefined : this.#choose(among, call, now)
  }

  #spare(now: number): readonly Instance[] {
    const well = this.#instances.filter((one) => one.isWell(now))
    const out = this.#instances.length - well.length
    return well.length === 0 || out > this.#panic * this.#instances.length ? this.#instances : well
  }
}
