import { AsyncLocalStorage } from 'node:async_hooks'
import { Problem, problem } from './problem.ts'

/**
 * A service's answer, or what a screen derives from it. `E` are the problems it may end in, as `404 order-not-found`;
 * `W` the writes behind it. Both exist only at compile time, to hold a screen to its contract and to one write.
 */
export interface Part<T, E extends string = never, W extends string = never> extends Promise<T> {
  then<R>(then: (value: T) => R): Part<Awaited<R>, E | ErrorsOf<R>, W | WritesOf<R>>
  // oxlint-disable-next-line typescript/unified-signatures -- the first is what a screen writes, this one what a promise must have
  then<A = T, B = never>(
    then?: ((value: T) => A | PromiseLike<A>) | null,
    otherwise?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>
  /** Replaces this problem of the service with a value. */
  except<N extends CodeOf<E>, const V>(code: N, value: V): Part<T | V, Exclude<E, `${number} ${N}`>, W>
  /** Declares that this call cannot end in a problem of its contract; if it does, the service has failed (502). */
  unexpected<N extends CodeOf<E>>(code: N): Part<T, Exclude<E, `${number} ${N}`>, W>
}

type CodeOf<E extends string> = E extends `${number} ${infer Code}` ? Code : never

export type ErrorsOf<P> = P extends Part<unknown, infer E, infer _W> ? E : never
export type WritesOf<P> = P extends Part<unknown, infer _E, infer W> ? W : never

/** Tracks whether the calls behind a part were stale. */
export class Trail {
  /** Something in it is stale. */
  stale = false
  /** The trail this work belongs to; it becomes stale too. */
  readonly #asker: Trail | undefined
  /** The trail this part was derived from. */
  readonly #source: Trail | undefined
  /** A screen is only being planned: conditional parts are included. */
  readonly planned: boolean

  constructor(asker?: Trail, source?: Trail, planned = asker?.planned ?? false) {
    this.#asker = asker
    this.#source = source
    this.planned = planned
  }

  mark(): void {
    this.stale = true
    this.#asker?.mark()
  }

  get isStale(): boolean {
    return this.stale || this.#source?.isStale === true
  }
}

const trails = new AsyncLocalStorage<Trail>()
const trail = Symbol('trail')
const joining = Symbol('joining')

interface Traced {
  [trail]?: Trail | undefined
  [joining]?: boolean
}

/** The trail of the running code. Absent: nothing tracks it. */
export const trailOfNow = (): Trail | undefined => trails.getStore()

/** Runs `make` so that each part made in it, and each derived from those, knows whether it is stale. */
export const onTrail = <T>(make: () => T, own = new Trail()): T => trails.run(own, make)

/** Runs a screen's `parts` to list them, conditional ones included. */
export const planned = <T>(make: () => T): T => onTrail(make, new Trail(undefined, undefined, true))

/** One call to a service. */
export function asked(call: () => Promise<unknown>): Promise<unknown> {
  const asker = trailOfNow()
  if (asker === undefined) return part(call())
  const own = new Trail(asker)
  return part(onTrail(call, own), own)
}

/** Whether anything this part was made of was stale. False for promises that are not parts: they have no trail. */
export const isStale = (work: PromiseLike<unknown>): boolean => (work as Traced)[trail]?.isStale ?? false

/** Marks work that joins other calls and makes none itself. */
export const joined = <T>(work: Promise<T>): Promise<T> => Object.assign(work, { [joining]: true })

export const joins = (work: object): boolean => (work as Traced)[joining] ?? false

// oxlint-disable-next-line typescript/unbound-method -- called with a promise each time
const { then } = Promise.prototype

/**
 * A promise whose rejection is never "unhandled", nor that of anything derived from it by `then`: a screen may chain on
 * a part, or abandon one, and a failed upstream must not end the process. (Not a subclass: awaiting one costs an extra
 * promise and two extra microtask turns.)
 */
export function part<T>(work: PromiseLike<T>, own?: Trail): Part<T> {
  void then.call(work, undefined, () => undefined)
  const made = Object.setPrototypeOf(work, chained) as Part<T> & Traced
  if (own !== undefined) made[trail] = own
  return made
}

const chained = Object.create(Promise.prototype, {
  // oxlint-disable-next-line unicorn/no-thenable -- a promise is one
  then: {
    value(this: Promise<unknown> & Traced, ...[fulfilled, rejected]: Parameters<typeof then>) {
      const source = this[trail]
      if (source === undefined || typeof fulfilled !== 'function')
        return derived(this, then.call(this, fulfilled, rejected), source)
      const own = new Trail(trailOfNow(), source)
      return derived(
        this,
        then.call(this, (value) => trails.run(own, fulfilled, value), rejected),
        own,
      )
    },
  },
  except: {
    value(this: Promise<unknown> & Traced, code: string, value: unknown) {
      return instead(this, (failed) => (failed.code === code ? value : Promise.reject(failed)))
    },
  },
  unexpected: {
    value(this: Promise<unknown> & Traced, code: string) {
      return instead(this, (failed) => Promise.reject(failed.code === code ? ofService(failed) : failed))
    },
  },
}) as Promise<unknown>

function derived<T>(source: Traced, work: Promise<T>, own: Trail | undefined): Part<T> {
  const made = part(work, own)
  return source[joining] === true ? (joined(made) as Part<T>) : made
}

const instead = (work: Promise<unknown> & Traced, change: (failed: Problem) => unknown) =>
  derived(
    work,
    then.call(work, undefined, (error: unknown) => {
      if (error instanceof Problem) return change(error)
      throw error
    }),
    work[trail],
  )

/** A service's own problem in an unexpected place: the service has failed. */
export const ofService = (failed: Problem): Problem =>
  problem(502, 'upstream-failed', { source: failed.options.source, cause: failed })
