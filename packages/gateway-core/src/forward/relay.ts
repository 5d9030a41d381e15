import type { Socket } from 'node:net'

/** Milliseconds the other side gets to say its last after one side has ended. */
const linger = 2_000

/**
 * Pass bytes both ways between two sockets, each no faster than the other takes them, until one ends: its end is passed on,
 * and both are gone a moment later. When one breaks, or for `idle` ms nothing moves, both are destroyed at once.
 */
export function relay(client: Socket, upstream: Socket, idle: number): void {
  let ending: NodeJS.Timeout | undefined
  const cut = () => {
    clearTimeout(ending)
    client.destroy()
    upstream.destroy()
  }
  const join = (one: Socket, other: Socket) => {
    one.setNoDelay(true)
    one.setTimeout(idle, cut)
    one.on('error', cut)
    one.once('end', () => {
      ending ??= setTimeout(cut, linger)
    })
    one.once('close', () => {
      if (!one.readableEnded || other.destroyed) cut()
    })
    one.pipe(other)
  }
  join(client, upstream)
  join(upstream, client)
  if (client.destroyed || upstream.destroyed) cut()
}
