// oxlint-disable-next-line typescript/unbound-method -- called with a promise each time
const { then } = Promise.prototype

/**
 * A promise whose rejection is never "unhandled", nor that of anything derived from it by `then`: a screen may chain on
 * a part, or abandon one, and a failed upstream must not end the process for it. (Not a subclass: awaiting one of those
 * costs a promise and two turns more each time.)
 */
export function part<T>(work: Promise<T>): Promise<T> {
  void then.call(work, undefined, () => undefined)
  return Object.setPrototypeOf(work, chained) as Promise<T>
}

const chained = Object.create(Promise.prototype, {
  // oxlint-disable-next-line unicorn/no-thenable -- a promise is one
  then: {
    value(this: Promise<unknown>, ...handlers: Parameters<typeof then>) {
      return part(then.apply(this, handlers))
    },
  },
}) as Promise<unknown>
