import type { Scope } from '../scope.ts'

/**
 * The same items until a scope ends, which throws its reason, also while the next item is waited for. Their source is told to
 * stop, and not waited for.
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
