import type { Inventory } from '@bff/contracts/inventory'
import { BadRequestSchema, ErrorInfoSchema } from '@bff/gateway-core/grpc'
import { Problem } from '@bff/gateway-core/problem'
import type { Verify } from '@bff/service-kit'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { OutOfStock, type Stock, UnknownSku } from './stock.ts'
import { watch } from './watch.ts'

const most = 200

/** Reads are open; only services may reserve and release. */
export const inventory = (stock: Stock, verify: Verify): ServiceImpl<typeof Inventory> => ({
  getStock({ skus }) {
    checkSkus(skus)
    return { levels: skus.map((sku) => stock.level(sku)).filter((level) => level !== undefined) }
  },
  watchStock({ skus }, { signal }) {
    if (skus.length === 0) throw invalid('skus', 'no SKUs')
    checkSkus(skus)
    const known = skus.filter((sku) => stock.level(sku) !== undefined)
    if (known.length === 0) throw refused('none of these SKUs is known', Code.NotFound, 'UNKNOWN_SKU')
    return watch(stock, known, signal)
  },
  async reserve({ orderId, lines }, { signal, requestHeader }) {
    await admit(verify, requestHeader)
    if (orderId === '') throw invalid('order_id', 'order_id is missing')
    if (lines.length === 0) throw invalid('lines', 'no lines')
    if (lines.length > most) throw invalid('lines', `at most ${most} lines at once`)
    const empty = lines.findIndex(({ quantity }) => quantity === 0)
    if (empty >= 0) throw invalid(`lines[${empty}].quantity`, 'a quantity must be at least 1')
    // The caller has been told that the call failed, so nothing may stay reserved.
    signal.throwIfAborted()
    try {
      stock.reserve(orderId, lines)
    } catch (error) {
      throw refusal(error)
    }
    return {}
  },
  async release({ orderId }, { requestHeader }) {
    await admit(verify, requestHeader)
    if (orderId === '') throw invalid('order_id', 'order_id is missing')
    stock.release(orderId)
    return {}
  },
})

/** Requires the services' shared secret, or a service token that a BFF has signed for itself, not for a user. */
async function admit(verify: Verify, headers: Headers): Promise<void> {
  try {
    await verify('service', headers.get('authorization') ?? undefined)
  } catch (error) {
    const later = error instanceof Problem && error.status === 503
    throw later
      ? refused('who asks cannot be looked up now', Code.Unavailable, 'IDENTITY_UNAVAILABLE')
      : refused('this is for services', Code.Unauthenticated, 'NOT_A_SERVICE')
  }
}

function checkSkus(skus: readonly string[]): void {
  if (skus.length > most) throw invalid('skus', `at most ${most} SKUs at once`)
}

function invalid(field: string, description: string): ConnectError {
  const value = { fieldViolations: [{ field, description }] }
  return new ConnectError(description, Code.InvalidArgument, undefined, [{ desc: BadRequestSchema, value }])
}

const refused = (message: string, code: Code, reason: string): ConnectError =>
  new ConnectError(message, code, undefined, [{ desc: ErrorInfoSchema, value: { reason, domain: 'inventory.shop' } }])

function refusal(error: unknown): unknown {
  if (error instanceof UnknownSku) return refused(error.message, Code.NotFound, 'UNKNOWN_SKU')
  if (error instanceof OutOfStock) return refused(error.message, Code.FailedPrecondition, 'OUT_OF_STOCK')
  return error
}
