import type { Order } from '@bff/contracts/orders'
import { Inventory } from '@bff/contracts/inventory'
import { problem } from '@bff/gateway-core/problem'
import { traceparent } from '@bff/gateway-core/server'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'

export interface Stock extends Disposable {
  /** Reserves all lines or none. Idempotent per order. */
  reserve(order: Order, traceId: string): Promise<void>
}

export function stockAt(address: string, serviceSecret?: string): Stock {
  const sessionManager = new Http2SessionManager(address)
  const inventory = createClient(Inventory, createGrpcTransport({ baseUrl: address, sessionManager }))
  const credential = serviceSecret === undefined ? {} : { authorization: `Bearer ${serviceSecret}` }
  return {
    reserve: async ({ id, lines }, traceId) => {
      try {
        const headers = { traceparent: traceparent(traceId), ...credential }
        const wanted = lines.map(({ sku, quantity }) => ({ sku, quantity }))
        await inventory.reserve({ orderId: id, lines: wanted }, { headers, timeoutMs: 1_000 })
      } catch (cause) {
        throw ConnectError.from(cause).code === Code.FailedPrecondition
          ? problem(409, 'out-of-stock', { source: 'inventory', cause })
          : problem(503, 'inventory-unavailable', { source: 'inventory', cause })
      }
    },
    [Symbol.dispose]: () => sessionManager.abort(),
  }
}
