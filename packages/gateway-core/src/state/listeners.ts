export interface Listener {
  readonly listen: (message: string) => void
  readonly gap?: (() => void) | undefined
}

/** Who in this process listens to which channel. */
export interface Listeners<L extends Listener> {
  /** Twice the same function is two listeners. What it returns ends it, and says whether it was the last of its channel. */
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
      // Each on its own: what one of them throws is not the others' fault.
      for (const { listen } of kept.get(channel) ?? []) queueMicrotask(() => listen(message))
    },
    channels: () => [...kept.keys()],
    all: () => [...kept.values()].flatMap((of) => [...of]),
  }
}
