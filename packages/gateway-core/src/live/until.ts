import type { Scope } from '../scope.ts'

/**
 * Yields the items until the scope ends, then throws its reason, even while waiting for an item. Closes the source
 * without waiting for it.
 */
export async function* until<T>(scope: Scope, items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]()
  let stop: (reason: unknown) => void = () => undefined
  const release = scope.onEnd((reason) => stop(reason))
  try {
    for (;;) {
      if (scope.ended) throw scope.reason
      const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = reject
        iterator.next().then(resolve, reject)
      })
      if (result.done === true) return
      yield result.value
    }
  } finally {
    release()
    iterator.return?.().then(undefined, () => undefined)
  }
}
