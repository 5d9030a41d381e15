import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'

/** Connections over the cap that are let in at a time, to be told so. */
const atTheDoor = 32

/** Descriptors that are no client's: node's own, files, the store, whatever stands at the door. */
const others = 64

/** So many connections where nobody says and descriptors allow. */
export const usual = 10_000

/** The most descriptors that this process may have (`ulimit -n`). Infinity where the system does not say: only Linux has the file. */
export function openFiles(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Infinity : Number(soft)
  } catch {
    return Infinity
  }
}

/**
 * How many connections fit among so many descriptors. A client may cost two, its own and one to a service: as long as nobody says
 * a number, half of them are for clients. A number that was said is believed, as far as it can be had at all.
 */
export const connectionsAmong = (files: number, wanted?: number): number =>
  Math.max(1, wanted === undefined ? Math.min(usual, pairsAmong(files)) : Math.min(wanted, files - others))

/** Whether that is less than somebody would expect. A tenth less is not worth a word at each start. */
export const isShort = (files: number, wanted = usual): boolean => pairsAmong(files) < wanted * 0.9

const pairsAmong = (files: number): number => Math.floor((files - others) / 2)

/**
 * Who is let in. Over `most` a connection is let in only to be told that there is no room, and a few of these at a time: the
 * oldest goes for the newest, so that whoever asks whether we are well gets in, however many come and say nothing. Were descriptors to run
 * out instead, the system would take connections and close them without a word, those of probes among them.
 */
export class Room {
  readonly #most: number
  readonly #log: Logger
  readonly #atTheDoor = new Set<Duplex>()
  #within = 0
  /** Since there has been no room. */
  #turnedAway = 0

  constructor(most: number, log: Logger) {
    this.#most = most
    this.#log = log
  }

  get full(): boolean {
    return this.#within >= this.#most
  }

  enter(socket: Duplex): void {
    if (!this.full) return void this.#within++
    if (this.#turnedAway++ === 0) this.#log.warn({ connections: this.#most }, 'no room for another connection')
    this.#atTheDoor.add(socket)
    const [oldest] = this.#atTheDoor
    if (this.#atTheDoor.size > atTheDoor) oldest!.destroy()
  }

  /** Whether all it gets is to be told. */
  turnsAway(socket: Duplex): boolean {
    return this.#atTheDoor.has(socket)
  }

  /** It has closed. */
  leave(socket: Duplex): void {
    if (this.#atTheDoor.delete(socket)) return
    this.#within--
    // Not at the first that leaves: another takes its place at once.
    if (this.#turnedAway === 0 || this.#within > this.#most * 0.9) return
    this.#log.warn({ turnedAway: this.#turnedAway }, 'room for connections again')
    this.#turnedAway = 0
  }
}
