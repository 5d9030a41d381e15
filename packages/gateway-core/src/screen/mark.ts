import type { ErrorsOf, Part, WritesOf } from '../part.ts'

const kind = Symbol('mark')

/**
 * A part with what the screen declares of it. `S`: its possible statuses beside `ok`; `U`: the writes that can be
 * undone.
 */
export interface Mark<
  T,
  S extends 'fallback' | 'stale' = never,
  E extends string = never,
  W extends string = never,
  U extends string = never,
> {
  readonly [kind]: { readonly status?: S; readonly errors?: E; readonly writes?: W; readonly undone?: U }
  readonly part: PromiseLike<T>
  /** Present: stands in for the part when it fails. */
  readonly otherwise: { readonly value: T } | undefined
  readonly mayBeStale: boolean
  readonly undo: ((value: never) => PromiseLike<unknown>) | undefined
}

/** A write that can be undone. */
export interface UndoableWrite {
  readonly part: PromiseLike<unknown>
  readonly undo: (value: unknown) => PromiseLike<unknown>
}

export type AnyMark<T> = Mark<T, 'fallback' | 'stale', string, string, string>

export type StatusOf<P> = P extends Mark<infer _T, infer S, infer _E, infer _W, infer _U> ? S : never
export type MarkErrors<P> = P extends Mark<infer _T, infer _S, infer E, infer _W, infer _U> ? E : ErrorsOf<P>
export type MarkWrites<P> = P extends Mark<infer _T, infer _S, infer _E, infer W, infer _U> ? W : WritesOf<P>
export type MarkUndone<P> = P extends Mark<infer _T, infer _S, infer _E, infer _W, infer U> ? U : never
type ValueOf<P> = P extends Mark<infer T, infer _S, infer _E, infer _W, infer _U> ? T : Awaited<P>

export type Markable = PromiseLike<unknown> | AnyMark<unknown>

/**
 * If this part fails or is late, `fallback` takes its place and `meta.parts` says so. Without a fallback the view gets
 * `undefined`.
 */
export function optional<P extends Markable>(
  part: P,
): Mark<ValueOf<P> | undefined, StatusOf<P> | 'fallback', never, MarkWrites<P>, MarkUndone<P>>
export function optional<P extends Markable>(
  part: P,
  fallback: NoInfer<ValueOf<P>>,
): Mark<ValueOf<P>, StatusOf<P> | 'fallback', never, MarkWrites<P>, MarkUndone<P>>
export function optional(part: Markable, fallback?: unknown) {
  return { ...plain(part), otherwise: { value: fallback } } as never
}

/**
 * The part may be answered with an expired entry of its upstream's cache (`cache` in the policy, RFC 5861), and
 * `meta.parts` says so. Only a part straight from `from` knows: one returned by an `async` function does not.
 */
export function stale<T, E extends string, W extends string>(part: Part<T, E, W>): Mark<T, 'stale', E, W>
export function stale<T, S extends 'fallback' | 'stale', E extends string, W extends string, U extends string>(
  part: Mark<T, S, E, W, U>,
): Mark<T, S | 'stale', E, W, U>
export function stale(part: Markable) {
  return { ...plain(part), mayBeStale: true } as never
}

/**
 * A write that `undo` reverts when the screen fails after it. A screen may write once, or more often if all but one of
 * its writes are compensated. `undo` runs before the client learns of the failure, without the client's deadline, and
 * must be idempotent. Errors it throws are logged and not retried: the write then persists.
 */
export const compensated = <T, E extends string, W extends string>(
  part: Part<T, E, W>,
  undo: (value: T) => PromiseLike<unknown>,
): Mark<T, never, E, W, W> => ({ ...plain(part), undo }) as never

export const isMark = (part: Markable): part is AnyMark<unknown> => kind in part

const plain = (part: Markable): AnyMark<unknown> =>
  isMark(part) ? part : { [kind]: {}, part, otherwise: undefined, mayBeStale: false, undo: undefined }
