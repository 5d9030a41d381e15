import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'

export const Thing = z.object({ n: z.int() })

/** A service that tells of things, number by number. */
export const things = {
  'GET /things/:id': {
    query: z.object({ after: z.coerce.number<number>().default(0) }),
    out: Thing,
    errors: { 'thing-not-found': 404 },
    feed: {
      after: 'after',
      message: z.union([z.object({ rev: z.int(), thing: Thing }), z.object({ live: z.int() })]),
      read: (message: { rev: number; thing: { n: number } } | { live: number }) =>
        'live' in message ? message : { rev: message.rev, item: message.thing },
      closes: { 4404: 'thing-not-found' },
    },
  },
} as const satisfies Contract

export interface FeedService extends AsyncDisposable {
  readonly url: string
  /** Each connection that was made: what it asked, and what it was shown. */
  readonly asked: { readonly url: string; readonly authorization: string | undefined }[]
  readonly open: ReadonlySet<WebSocket>
  /** One more thing happens. */
  happen(padding?: number): void
  /** Another log takes the place of the one that was. */
  forget(): void
  /** Every connection breaks: with this code, or without a word. */
  cut(code?: number): void
  /** Nobody is listened to until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Real sockets; `found` decides who may follow. */
export async function feedService(found: (url: string) => boolean = () => true): Promise<FeedService> {
  let log: number[] = []
  let server: WebSocketServer
  let port = 0
  const asked: { url: string; authorization: string | undefined }[] = []
  const message = (n: number, padding = 0) => JSON.stringify({ rev: n, thing: { n }, padding: 'x'.repeat(padding) })
  const start = async (): Promise<void> => {
    server = new WebSocketServer({ port, host: '127.0.0.1' })
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    server.on('connection', (socket, { url = '', headers }) => {
      asked.push({ url, authorization: headers.authorization })
      if (!found(url)) return socket.close(4404)
      const after = Number(new URL(url, 'http://x').searchParams.get('after'))
      for (const n of log) if (n > after) socket.send(message(n))
      socket.send(JSON.stringify({ live: log.at(-1) ?? 0 }))
    })
  }
  const stop = async (): Promise<void> => {
    for (const socket of server.clients) socket.terminate()
    await new Promise((resolve) => server.close(resolve))
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    get open() {
      return server.clients
    },
    happen(padding) {
      const n = (log.at(-1) ?? 0) + 1
      log.push(n)
      for (const socket of server.clients) socket.send(message(n, padding))
    },
    forget() {
      log = []
    },
    cut(code) {
      for (const socket of server.clients) {
        if (code === undefined) socket.terminate()
        else socket.close(code)
      }
    },
    stop,
    start,
    [Symbol.asyncDispose]: stop,
  }
}
