import type { Inventory } from '@bff/contracts/inventory'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { OutOfStock, type Stock, UnknownSku } from './stock.ts'

const most = 200

export const inventory = (stock: Stock): ServiceImpl<typeof Inventory> => ({
  getStock({ skus }) {
    if (skus.length > most) throw invalid(`at most ${most} SKUs at once`)
    return { levels: skus.map((sku) => stock.level(sku)).filter((level) => level !== undefined) }
  },
  reserve({ orderId, lines }, { signal }) {
    if (orderId === '') throw invalid('order_id is missing')
    if (lines.length === 0) throw invalid('no lines')
    if (lines.length > most) throw invalid(`at most ${most} lines at once`)
    if (lines.some(({ quantity }) => quantity === 0)) throw invalid('a quantity must be at least 1')
    // Whoever asked is told that it failed: nothing may stay set aside for them.
    signal.throwIfAborted()
    try {
      stock.reserve(orderId, lines)
    } catch (error) {
      throw refusal(error)
    }
    return {}
  },
  release({ orderId }) {
    if (orderId === '') throw invalid('order_id is missing')
    stock.release(orderId)
    return {}
  },
})

const invalid = (message: string) => new ConnectError(message, Code.InvalidArgument)

function refusal(error: unknown): unknown {
  if (error instanceof UnknownSku) return new ConnectError(error.message, Code.NotFound)
  if (error instanceof OutOfStock) return new ConnectError(error.message, Code.FailedPrecondition)
  return error
}
