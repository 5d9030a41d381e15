import { useSyncExternalStore } from 'react'

const shown = 6_000

let current = ''
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

/** Announces an event: a line on the screen for a while, and a live region for screen readers. */
export function announce(text: string): void {
  clearTimeout(timer)
  set(text)
  timer = setTimeout(() => set(''), shown)
}

export const useAnnouncement = (): string => useSyncExternalStore(listen, () => current)

function set(text: string): void {
  current = text
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
