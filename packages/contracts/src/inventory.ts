export { Inventory, StockLevelSchema } from './gen/inventory_pb.js'
export type { StockLevel } from './gen/inventory_pb.js'
