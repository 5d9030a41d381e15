import type { Redis } from 'ioredis'
import { type Listener, listeners } from './listeners.ts'
import type { Connections } from './redis-connection.ts'
import type { Store } from './store.ts'

interface Subscribed extends Listener {
  /** Its subscriber was told that it is listening. */
  told: boolean
}

/**
 * Subscriptions, on a separate connection opened with the first one. When it breaks, the next one resubscribes to all,
 * then reports the gap to listeners that may have missed messages.
 */
export function redisChannels(server: Connections, prefix: string): Store['subscribe'] {
  const subscribers = listeners<Subscribed>()
  let opened: Promise<Redis> | undefined

  const subscribe = async (connection: Redis, channels: readonly string[]): Promise<boolean> => {
    try {
      await connection.subscribe(...channels.map((channel) => prefix + channel))
      return true
    } catch {
      // The next connection subscribes to all of them.
      if (connection.status === 'ready') connection.disconnect(true)
      return false
    }
  }
  const resubscribe = async (connection: Redis): Promise<void> => {
    const informed = subscribers.all().filter(({ told }) => told)
    if (subscribers.channels().length > 0 && (await subscribe(connection, subscribers.channels())))
      informed.forEach(({ gap }) => gap?.())
  }
  const open = async (): Promise<Redis> => {
    const connection = await server.open((standing) => void resubscribe(standing))
    return connection.on('message', (channel: string, message: string) =>
      subscribers.tell(channel.slice(prefix.length), message),
    )
  }

  return async (channel, listen, gap) => {
    const own: Subscribed = { listen, gap, told: false }
    const leave = subscribers.add(channel, own)
    const connection = await (opened ??= open())
    await subscribe(connection, [channel])
    own.told = true
    return {
      [Symbol.asyncDispose]: async () => {
        if (leave()) await connection.unsubscribe(prefix + channel).catch(() => undefined)
      },
    }
  }
}
