import { type Redis, ReplyError } from 'ioredis'
import type { Logger } from 'pino'
import { gcra } from './gcra.ts'
import { redisChannels } from './redis-channels.ts'
import { type Address, connections, reasonOf } from './redis-connection.ts'
import { join, members, read, removeOnly, replace, type Script, takeUnits } from './redis-scripts.ts'
import { type Only, type Store, StoreUnavailable } from './store.ts'

export interface RedisStoreOptions extends Address {
  /** Prefix of every key and channel, so that several apps may share a server: `web-bff:`. */
  readonly prefix: string
  /** Epoch milliseconds, for `expiresAt`. Expiry and rates use the server's clock. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export type RedisStore = Store & Required<Pick<Store, 'ready' | typeof Symbol.asyncDispose>>

/** Milliseconds between two log lines about refused commands, e.g. when the server is full. */
const quiet = 10_000

/**
 * A store in Redis (6 or newer, or Valkey), shared by every process with the same URL and prefix. Resolves when the
 * first connection attempt has ended, even in failure: it keeps trying. Each method is one command or one script; it
 * rejects with `StoreUnavailable`, at once while disconnected.
 */
export async function redisStore(options: RedisStoreOptions): Promise<RedisStore> {
  const { prefix, log, clock = Date.now } = options
  const server = connections(options)
  const redis = await server.open()
  const failed = failures(log)
  const run: Run = ({ sha, lua }, key, ...args) =>
    redis
      .evalsha(sha, 1, key, ...args)
      .catch((error: unknown) => (isUnheard(error) ? redis.eval(lua, 1, key, ...args) : Promise.reject(error)))
      .catch(failed)
  return {
    ready: () => server.ready(),
    ...values(redis, run, failed, { prefix: `${prefix}value:`, clock }),
    ...sets(redis, run, failed, `${prefix}members:`),
    publish: async (channel, message) =>
      void (await redis.publish(`${prefix}channel:${channel}`, message).catch(failed)),
    subscribe: redisChannels(server, `${prefix}channel:`),
    take: rates(run, `${prefix}rate:`),
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  }
}

type Run = (script: Script, key: string, ...args: (string | number)[]) => Promise<unknown>
type Failed = (error: unknown) => never

const flag: Readonly<Record<Extract<Only, string>, 'NX' | 'XX'>> = { 'if-absent': 'NX', 'if-present': 'XX' }

function values(
  redis: Redis,
  run: Run,
  failed: Failed,
  { prefix, clock }: { prefix: string; clock: () => number },
): Pick<Store, 'get' | 'set' | 'touch' | 'delete'> {
  return {
    get: async (key) => {
      const found = (await run(read, prefix + key)) as [string, number] | null
      return found === null ? undefined : { value: found[0], expiresAt: clock() + found[1] }
    },
    set: async (key, value, ttl, only) => {
      const [name, life] = [prefix + key, span(ttl)]
      if (typeof only === 'object') return (await run(replace, name, only.was, value, life)) === 1
      const condition = only === undefined ? [] : [flag[only]]
      return (await redis.call('SET', name, value, 'PX', life, ...condition).catch(failed)) === 'OK'
    },
    touch: async (key, ttl) => (await redis.pexpire(prefix + key, span(ttl)).catch(failed)) === 1,
    delete: async (key, was) => {
      if (was !== undefined) return (await run(removeOnly, prefix + key, was)) === 1
      return (await redis.del(prefix + key).catch(failed)) === 1
    },
  }
}

function sets(redis: Redis, run: Run, failed: Failed, prefix: string): Pick<Store, 'add' | 'remove' | 'members'> {
  return {
    add: async (key, member, ttl) => void (await run(join, prefix + key, member, span(ttl))),
    remove: async (key, member) => void (await redis.zrem(prefix + key, member).catch(failed)),
    members: async (key) => (await run(members, prefix + key)) as string[],
  }
}

function rates(run: Run, prefix: string): Store['take'] {
  return async (key, rate) => {
    const told = await run(takeUnits, prefix + key, rate.interval, rate.burst, rate.cost ?? 1)
    const [full, seconds, micros] = told as [string | null, string, string]
    const now = Number(seconds) * 1_000 + Number(micros) / 1_000
    return gcra(full === null ? undefined : Number(full), now, rate).taken
  }
}

/** Logs refused commands at intervals; the connection logs outages. */
function failures(log: Logger): Failed {
  let saidAt = -Infinity
  return (error) => {
    const reason = reasonOf(error)
    if (error instanceof ReplyError && performance.now() - saidAt >= quiet) {
      saidAt = performance.now()
      log.warn({ reason }, 'the store refuses a command')
    }
    throw new StoreUnavailable(reason)
  }
}

/** Redis supports neither fractional milliseconds nor a TTL of 0. */
const span = (ttl: number): number => Math.max(1, Math.ceil(ttl))

/** The server was restarted, or its script cache flushed. */
const isUnheard = (error: unknown): boolean => error instanceof ReplyError && reasonOf(error).startsWith('NOSCRIPT')
