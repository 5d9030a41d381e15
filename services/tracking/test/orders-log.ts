import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OrderEvent } from '@bff/contracts/orders'

export const serviceSecret = 'the-secret-of-services-under-test'

export interface OrdersLog extends AsyncDisposable {
  readonly url: string
  readonly entries: OrderEvent[]
  /** Writes the next event of an order. */
  write(orderId: string, status?: OrderEvent['status'], customerId?: string): OrderEvent
  /** Answers 500 while true. */
  broken: boolean
  /** Delays a response, computed at request time. Called with the reader's position. */
  hold?: ((after: number) => Promise<void>) | undefined
}

/** `GET /events` of orders, over a log written by the test. */
export async function startOrdersLog(): Promise<OrdersLog> {
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://orders')
    const answer = (status: number, body: unknown): void => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (log.broken) return answer(500, {})
    if (pathname !== '/events') return answer(404, {})
    if (req.headers.authorization !== `Bearer ${serviceSecret}`) return answer(401, {})
    const after = Number(searchParams.get('after'))
    const items = log.entries.slice(after, after + Number(searchParams.get('limit')))
    const page = { items, last: items.length > 0 ? after + items.length : log.entries.length }
    return void (log.hold?.(after) ?? Promise.resolve()).then(() => answer(200, page))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const log: OrdersLog = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries: [],
    broken: false,
    write: (orderId, status = 'created', customerId = 'cus_ada') => {
      const rev = log.entries.filter((event) => event.orderId === orderId).length + 1
      const event = { orderId, customerId, rev, status, at: new Date().toISOString() }
      log.entries.push(event)
      return event
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return log
}
