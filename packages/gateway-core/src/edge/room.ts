import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'

/** Connections over the cap accepted at a time, only to be refused properly. */
const atTheDoor = 32

/** Descriptors not used by clients: node's own, files, the store, refused connections. */
const others = 64

/** Default connections, where descriptors allow. */
export const usual = 10_000

/** The descriptor limit of this process (`ulimit -n`). Infinity where unknown: only Linux has the file. */
export function openFiles(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Infinity : Number(soft)
  } catch {
    return Infinity
  }
}

/**
 * How many connections fit a descriptor limit. A client may cost two, its own and one to a service: by default half of
 * them are for clients. A configured number is taken as is, up to the limit.
 */
export const connectionsAmong = (files: number, wanted?: number): number =>
  Math.max(1, wanted === undefined ? Math.min(usual, pairsAmong(files)) : Math.min(wanted, files - others))

/** Whether that is fewer than expected. A tenth less is not worth a warning at each start. */
export const isShort = (files: number, wanted = usual): boolean => pairsAmong(files) < wanted * 0.9

const pairsAmong = (files: number): number => Math.floor((files - others) / 2)

/**
 * Admits connections. Over `most`, a few are accepted at a time only to be refused: the oldest is cut for the newest,
 * so that health probes get in however many silent connections arrive. If descriptors ran out instead, the system would
 * accept and close connections without a word, probes included.
 */
export class Room {
  readonly #most: number
  readonly #log: Logger
  readonly #atTheDoor = new Set<Duplex>()
  #within = 0
  /** Connections refused since the cap was reached. */
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

  /** Whether it was accepted only to be refused. */
  turnsAway(socket: Duplex): boolean {
    return this.#atTheDoor.has(socket)
  }

  /** Call when it has closed. */
  leave(socket: Duplex): void {
    if (this.#atTheDoor.delete(socket)) return
    this.#within--
    // Not at the first that closes: another takes its place at once.
    if (this.#turnedAway === 0 || this.#within > this.#most * 0.9) return
    this.#log.warn({ turnedAway: this.#turnedAway }, 'room for connections again')
    this.#turnedAway = 0
  }
}
