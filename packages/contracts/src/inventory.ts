import { declares } from '@bff/gateway-core/grpc'
import { Inventory } from './gen/inventory_pb.js'

export { Inventory, StockLevelSchema } from './gen/inventory_pb.js'
export type { StockLevel } from './gen/inventory_pb.js'

export const inventory = declares(Inventory, {
  watchStock: { 'unknown-sku': 404 },
  reserve: { 'unknown-sku': 404, 'out-of-stock': 409 },
})
