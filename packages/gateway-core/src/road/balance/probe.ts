import type { ProbePolicy } from '../../policy.ts'
import type { Address } from '../discover/address.ts'

/** Whether an address reports itself healthy. A rejection counts as no. */
export type Ask = (address: Address) => Promise<boolean>

/** The probed instance. */
export interface Patient {
  readonly address: Address
  probed(well: boolean): void
}

/** Each interval varies by up to this share, so that instances found together are not probed together. */
const jitter = 0.1

/**
 * Probes one instance regularly, and reports a change after enough equal results in a row. One probe at a time: each
 * interval that passes with one unanswered counts as a failure and sends none.
 */
export class Probe implements Disposable {
  readonly #patient: Patient
  readonly #policy: Required<ProbePolicy>
  readonly #ask: Ask
  readonly #random: () => number
  #timer: NodeJS.Timeout
  #late: NodeJS.Timeout | undefined
  #asking = false
  #well = true
  #row = 0

  constructor(patient: Patient, policy: Required<ProbePolicy>, ask: Ask, random: () => number = Math.random) {
    this.#patient = patient
    this.#policy = policy
    this.#ask = ask
    this.#random = random
    this.#timer = this.#after(policy.interval * random())
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#late)
  }

  #after(pause: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = this.#after(this.#policy.interval * (1 - jitter + 2 * jitter * this.#random()))
      if (this.#asking) this.#count(false)
      else void this.#probe()
    }, pause).unref()
  }

  async #probe(): Promise<void> {
    this.#asking = true
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#count(false)
    }, this.#policy.timeout).unref()
    this.#late = timer
    const well = await this.#answer()
    clearTimeout(timer)
    this.#asking = false
    if (!late) this.#count(well)
  }

  async #answer(): Promise<boolean> {
    try {
      return await this.#ask(this.#patient.address)
    } catch {
      return false
    }
  }

  #count(well: boolean): void {
    this.#row = well === this.#well ? 0 : this.#row + 1
    if (this.#row < (well ? this.#policy.healthy : this.#policy.unhealthy)) return
    this.#well = well
    this.#row = 0
    this.#patient.probed(well)
  }
}
