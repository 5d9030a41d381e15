import { memoryStore } from './memory.ts'
import type { RedisStoreOptions } from './redis.ts'
import type { Store } from './store.ts'

export interface OpenOptions extends RedisStoreOptions {
  /** URL of a Redis; empty for none. */
  readonly url: string
}

/**
 * An app's store, for the state its processes share. With a URL it is in Redis, and the boot does not wait for one that
 * is down. Without, it is in this process's memory, which is logged.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  // Loaded only if needed.
  if (options.url !== '') return (await import('./redis.ts')).redisStore(options)
  options.log.info('sessions and limits are kept in memory and end with this process')
  return memoryStore({ clock: options.clock })
}
