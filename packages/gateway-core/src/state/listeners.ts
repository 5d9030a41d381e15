export interface Listener {
  readonly listen: (message: string) => void
  readonly gap?: (() => void) | undefined
}

/** This process's listeners by channel. */
export interface Listeners<L extends Listener> {
  /**
   * Adding the same function twice makes two listeners. The returned function removes it and says whether it was the
   * channel's last.
   */
  add(channel: string, listener: L): () => boolean
  tell(channel: string, message: string): void
  channels(): readonly string[]
  all(): readonly L[]
}

export function listeners<L extends Listener>(): Listeners<L> {
  const kept = new Map<string, Set<L>>()
  return {
    add: (channel, listener) => {
      const of = kept.get(channel) ?? new Set()
      kept.set(channel, of.add(listener))
      return () => {
        of.delete(listener)
        return of.size === 0 && kept.get(channel) === of && kept.delete(channel)
      }
    },
    tell: (channel, message) => {
      // Separately, so that one listener's exception does not affect the others.
      for (const { listen } of kept.get(channel) ?? []) queueMicrotask(() => listen(message))
    },
    channels: () => [...kept.keys()],
    all: () => [...kept.values()].flatMap((of) => [...of]),
  }
}
