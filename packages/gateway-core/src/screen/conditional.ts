import { type ErrorsOf, type Part, part, trailOfNow, type WritesOf } from '../part.ts'

/**
 * A part fetched only under a condition: `when(query.full, () => from.reviews('GET /reviews', { productId }))`. Else
 * `undefined`, without a call.
 */
export const conditional = <R>(
  condition: boolean,
  start: () => R,
): Part<Awaited<R> | undefined, ErrorsOf<R>, WritesOf<R>> =>
  (condition || trailOfNow()?.planned === true ? start() : part(Promise.resolve(undefined))) as never
