import { memoryStore } from './memory.ts'
import type { RedisStoreOptions } from './redis.ts'
import type { Store } from './store.ts'

export interface OpenOptions extends RedisStoreOptions {
  /** Of a Redis; empty for none. */
  readonly url: string
}

/**
 * The one store of an app: what it must share with its other processes lives there. With an address it is in Redis, and a start
 * does not wait for one that is down. Without, it is in the memory of this process, which is said once.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  // Loaded by those who use it only.
  if (options.url !== '') return (await import('./redis.ts')).redisStore(options)
  options.log.info('sessions and limits are in memory only and end with this process')
  return memoryStore({ clock: options.clock })
}
