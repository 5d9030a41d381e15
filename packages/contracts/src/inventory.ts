export { Inventory, StockLevelSchema } from './gen/inventory_pb.ts'
export type { StockLevel } from './gen/inventory_pb.ts'
