import { isIP } from 'node:net'
import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import { plain } from '../plain.ts'

export interface Address {
  /** `redis://` or, with TLS, `rediss://`; user, password and the number of a database are part of it. */
  readonly url: string
  readonly log: Logger
  /** Milliseconds that a command gets, and twice that a connection without any answer. Default 500. */
  readonly timeout?: number | undefined
  /** Jitter of reconnects. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Milliseconds between two looks at whether the other end still answers: one that hangs says nothing of it. */
const pulse = 1_000

/** Milliseconds from the first attempt to reconnect, and at most, before the next one. */
const [soonest, latest] = [50, 1_000]

/** Milliseconds between two reconnects because the other end may only be read. */
const anew = 5_000

/** Connections to one server that come back by themselves, however long it is away. */
export interface Connections extends AsyncDisposable {
  /** Resolves when the first attempt has ended, well or badly. `greeted` is called each time it stands. */
  open(greeted?: (connection: Redis) => void): Promise<Redis>
  /** Whether all of them stand. */
  ready(): boolean
}

/**
 * Nothing waits in a queue: what is sent while a connection does not stand fails at once, what is not answered in time fails
 * then, and what was under way when it broke is not sent again, for it may have been done. An outage is one line in the log
 * and its end another, however many connections and commands it hits.
 */
export function connections(address: Address): Connections {
  const options = optionsOf(address)
  const opened: Redis[] = []
  const watch = outages(address.log.child({ store: shown(address.url) }))
  const beat = setInterval(() => {
    for (const each of opened) if (each.status === 'ready') each.ping().catch(() => undefined)
  }, pulse)
  beat.unref()
  let ended: Promise<unknown> | undefined
  const end = (): Promise<unknown> => {
    clearInterval(beat)
    watch.over()
    return Promise.all(opened.map(leave))
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
    // Its own resubscribing leaves a promise alone that rejects when the connection breaks once more.
    autoResubscribe: false,
    connectTimeout: 2 * timeout,
    disconnectTimeout: timeout,
    commandTimeout: timeout,
    socketTimeout: 2 * timeout,
    retryStrategy: (times) => (0.5 + random() / 2) * Math.min(latest, soonest * 2 ** Math.min(times, 10)),
    reconnectOnError: demoted(),
  } satisfies RedisOptions
}

/** After a failover a connection may still lead to what has become a replica, and the address elsewhere. */
function demoted(): (error: Error) => boolean {
  let last = -Infinity
  return ({ message }) => {
    if (!message.startsWith('READONLY') || performance.now() - last < anew) return false
    last = performance.now()
    return true
  }
}

/** Lets what is under way end, as far as there is anybody to answer it. */
async function leave(connection: Redis): Promise<void> {
  try {
    await connection.quit()
  } catch {
    connection.disconnect()
  }
}

/** Of the answers of a server the text may repeat what was sent. */
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

/** Not left to the client, which takes the query of an address for options of its own. */
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
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
