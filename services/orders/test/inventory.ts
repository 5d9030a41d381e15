import { once } from 'node:events'
import { createServer, type Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Inventory } from '@bff/contracts/inventory'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'

export interface InventoryStub extends AsyncDisposable {
  readonly url: string
  readonly available: Map<string, number>
  /** Reservations by order. */
  readonly reserved: Map<string, unknown>
  /** The `authorization` of every call. */
  readonly credentials: (string | null)[]
  /** Status of every response from now on; `silent`: none at all. */
  broken?: Code | 'silent' | undefined
}

/** The part of inventory's gRPC API that orders uses. */
export async function startInventory(port = 0): Promise<InventoryStub> {
  const sessions = new Set<Http2Session>()
  const server = createServer(
    connectNodeAdapter({ routes: (router) => void router.service(Inventory, { reserve: (...of) => reserve(...of) }) }),
  )
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stub: InventoryStub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    available: new Map([
      ['LAMP', 1_000],
      ['DESK', 1],
    ]),
    reserved: new Map(),
    credentials: [],
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const session of sessions) session.destroy()
      await closed
    },
  }
  const reserve = reserveFrom(stub)
  return stub
}

const reserveFrom =
  (stub: InventoryStub): ServiceImpl<typeof Inventory>['reserve'] =>
  async ({ orderId, lines }, { signal, requestHeader }) => {
    stub.credentials.push(requestHeader.get('authorization'))
    if (stub.broken === 'silent') await once(signal, 'abort')
    else if (stub.broken !== undefined) throw new ConnectError('broken', stub.broken)
    if (stub.reserved.has(orderId)) return {}
    const short = lines.some(({ sku, quantity }) => (stub.available.get(sku) ?? 0) < quantity)
    if (short) throw new ConnectError('not enough', Code.FailedPrecondition)
    for (const { sku, quantity } of lines) stub.available.set(sku, (stub.available.get(sku) ?? 0) - quantity)
    stub.reserved.set(
      orderId,
      lines.map(({ sku, quantity }) => ({ sku, quantity })),
    )
    return {}
  }
