/** Concurrent calls with the same key share one run. Results are not cached. */
export function singleFlight<A extends readonly unknown[], T>(
  work: (...args: A) => Promise<T>,
  keyOf: (...args: A) => string = () => '',
): (...args: A) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  return (...args) => {
    const key = keyOf(...args)
    const shared = running.get(key)
    if (shared !== undefined) return shared
    const own = work(...args).finally(() => running.delete(key))
    running.set(key, own)
    return own
  }
}
