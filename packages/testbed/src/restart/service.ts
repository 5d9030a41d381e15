import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Order } from '@bff/contracts/orders'
import type { TrackingMessage } from '@bff/contracts/tracking'
import { type WebSocket, WebSocketServer } from 'ws'

/** Milliseconds from its arrival that one is under way: an order less than mobile-bff waits, a download as long as it likes. */
const takes = { order: 1_200, download: 3_000 }
/** Milliseconds from one event to the next. */
const every = 1_000

const at = new Date(0).toISOString()

/** What a download consists of; half of it comes at once. */
export const halves = ['a'.repeat(10_000), 'b'.repeat(10_000)] as const

export interface SlowService extends AsyncDisposable {
  readonly url: string
  /** How often it was asked for each download, by path, and for each order, by idempotency key. */
  readonly arrivals: ReadonlyMap<string, number>
  /** The number of the last event of every order: each has had all from 1 on. */
  readonly rev: number
  /** From now on something happens. */
  begin(): void
  /** Nothing happens any more. */
  end(): void
}

/** Catalog, orders and tracking in one: everything takes its time and is counted, and what happens is numbered. */
export async function slowService(): Promise<SlowService> {
  const arrivals = new Map<string, number>()
  const server = createServer((req, res) => {
    const key = String(req.headers['idempotency-key'] ?? req.url)
    arrivals.set(key, (arrivals.get(key) ?? 0) + 1)
    if (req.method === 'POST') take(req, res, key)
    else send(res)
  })
  const happening = feed(new WebSocketServer({ server }))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    get rev() {
      return happening.rev
    },
    begin: happening.begin,
    end: happening.end,
    async [Symbol.asyncDispose]() {
      happening.end()
      for (const client of happening.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function send(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).write(halves[0])
  setTimeout(() => res.end(halves[1]), takes.download)
}

function take(req: IncomingMessage, res: ServerResponse, id: string): void {
  req.resume()
  const total = { amount: 0, currency: 'EUR' } as const
  const order: Order = { id, customerId: 'c', status: 'created', rev: 1, lines: [], total, createdAt: at, history: [] }
  const text = JSON.stringify(order)
  setTimeout(() => res.writeHead(201, { 'content-type': 'application/json' }).end(text), takes.order)
}

/** `GET /orders/:id/events`: to every order happens the same, at the same time. */
function feed(server: WebSocketServer) {
  let rev = 0
  let timer: NodeJS.Timeout | undefined
  const ids = new Map<WebSocket, string>()
  const say = (socket: WebSocket, message: TrackingMessage) => socket.send(JSON.stringify(message))
  const tell = (socket: WebSocket, orderId: string, nth: number) =>
    say(socket, { type: 'event', event: { orderId, customerId: 'c', rev: nth, status: 'packed', at } })
  server.on('connection', (socket, { url = '' }) => {
    const [, id = ''] = /^\/orders\/([^/]+)\/events/.exec(url) ?? []
    for (let nth = Number(/after=(\d+)/.exec(url)?.[1] ?? 0) + 1; nth <= rev; nth++) tell(socket, id, nth)
    say(socket, { type: 'live', rev })
    ids.set(socket, id)
    socket.once('close', () => ids.delete(socket))
  })
  const happen = () => {
    rev++
    for (const [socket, id] of ids) tell(socket, id, rev)
  }
  return {
    clients: server.clients,
    get rev() {
      return rev
    },
    begin: () => void (timer = setInterval(happen, every)),
    end: () => clearInterval(timer),
  }
}
