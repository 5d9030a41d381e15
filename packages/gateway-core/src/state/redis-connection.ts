import { isIP } from 'node:net'
import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import { plain } from '../plain.ts'

export interface Address {
  /** `redis://` or, with TLS, `rediss://`; may include user, password and database number. */
  readonly url: string
  readonly log: Logger
  /** Timeout of a command in milliseconds; an unresponsive connection gets twice that. Default 500. */
  readonly timeout?: number | undefined
  /** Jitter of reconnects. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Milliseconds between pings: a hung server closes no connection. */
const pingInterval = 1_000

/** Initial and longest delay between reconnects, in milliseconds. */
const [soonest, latest] = [50, 1_000]

/** Shortest time between two reconnects caused by a read-only server, in milliseconds. */
const demotedPause = 5_000

/** Connections to one server that reconnect, however long it is down. */
export interface Connections extends AsyncDisposable {
  /** Resolves when the first attempt has ended, even in failure. Calls `greeted` on each (re)connect. */
  open(greeted?: (connection: Redis) => void): Promise<Redis>
  /** Whether all are connected. */
  ready(): boolean
}

/**
 * Nothing is queued: commands fail at once while disconnected, on timeout when unanswered, and are not resent after a
 * break, because they may have been executed. An outage is logged once at its start and once at its end, however many
 * connections and commands it affects.
 */
export function connections(address: Address): Connections {
  const options = optionsOf(address)
  const opened: Redis[] = []
  const watch = outages(address.log.child({ store: withoutPassword(address.url) }))
  const pinging = setInterval(() => {
    for (const each of opened) if (each.status === 'ready') each.ping().catch(() => undefined)
  }, pingInterval)
  pinging.unref()
  let ended: Promise<unknown> | undefined
  const end = (): Promise<unknown> => {
    clearInterval(pinging)
    watch.over()
    return Promise.all(opened.map(quit))
  }
  return {
    open: async (greeted) => {
      const connection = new Redis(options)
      opened.push(connection)
      connection.on('error', (error: Error) => watch.lost(connection, reasonOf(error)))
      connection.on('close', () => watch.lost(connection, 'the connection was closed'))
      connection.on('ready', () => {
        watch.back(connection)
        greeted?.(connection)
      })
      await connection.connect().catch(() => undefined)
      return connection
    },
    ready: () => opened.every(({ status }) => status === 'ready'),
    [Symbol.asyncDispose]: async () => void (await (ended ??= end())),
  }
}

function optionsOf({ url, timeout = 500, random = Math.random }: Address) {
  return {
    ...addressOf(url),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // ioredis leaves its own resubscription's promise unhandled when the connection breaks again.
    autoResubscribe: false,
    connectTimeout: 2 * timeout,
    disconnectTimeout: timeout,
    commandTimeout: timeout,
    socketTimeout: 2 * timeout,
    retryStrategy: (times) => (0.5 + random() / 2) * Math.min(latest, soonest * 2 ** Math.min(times, 10)),
    reconnectOnError: demoted(),
  } satisfies RedisOptions
}

/**
 * After a failover, a connection may lead to a server that is now a replica, while the address resolves to the new
 * primary.
 */
function demoted(): (error: Error) => boolean {
  let last = -Infinity
  return ({ message }) => {
    if (!message.startsWith('READONLY') || performance.now() - last < demotedPause) return false
    last = performance.now()
    return true
  }
}

/** Lets commands in flight finish, if the server still answers. */
async function quit(connection: Redis): Promise<void> {
  try {
    await connection.quit()
  } catch {
    connection.disconnect()
  }
}

/** A server's error text may repeat command arguments, i.e. keys and values. */
export const reasonOf = (error: unknown): string =>
  plain((error instanceof Error ? error.message : String(error)).split(', with args')[0]!, 200)

function outages(log: Logger) {
  const down = new Set<Redis>()
  let since = 0
  let over = false
  return {
    lost: (connection: Redis, reason: string) => {
      if (over || down.has(connection)) return
      if (down.size === 0) {
        since = performance.now()
        log.warn({ reason }, 'the store cannot be reached')
      }
      down.add(connection)
    },
    back: (connection: Redis) => {
      if (!down.delete(connection) || down.size > 0) return
      log.info({ ms: Math.round(performance.now() - since) }, 'the store can be reached again')
    },
    over: () => void (over = true),
  }
}

/** Parsed here, because ioredis takes a URL's query for its own options. */
function addressOf(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: Number(port || 6_379),
    db: Number(pathname.slice(1) || 0),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
  }
}

/** Without user and password. */
function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
