/**
 * A promise whose rejection is never "unhandled", nor that of anything derived from it by `then`: a screen may chain on
 * a part, or abandon one, and a failed upstream must not end the process for it.
 */
export class Part<T> extends Promise<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- a promise is one
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return quiet(super.then(fulfilled, rejected))
  }
}

/** Start a part. */
export const part = <T>(work: Promise<T>): Part<T> => quiet(new Part<T>((resolve) => resolve(work)))

function quiet<P extends Promise<unknown>>(promise: P): P {
  void Promise.prototype.then.call(promise, undefined, () => undefined)
  return promise
}
