import { type ErrorsOf, type Part, part, trailOfNow, type WritesOf } from '../part.ts'

/** A part only where it is wanted: `when(query.full, () => from.reviews('GET /reviews', { productId }))`. Else `undefined`, and no call. */
export const conditional = <R>(
  condition: boolean,
  start: () => R,
): Part<Awaited<R> | undefined, ErrorsOf<R>, WritesOf<R>> =>
  (condition || trailOfNow()?.planned === true ? start() : part(Promise.resolve(undefined))) as never
