import { catalog } from './catalog.ts'
import { customers } from './customers.ts'
import { inventory } from './inventory.ts'
import { orders } from './orders.ts'
import { reviews } from './reviews.ts'
import { tracking } from './tracking.ts'

/** Every service a BFF may call, by the name shared by its policy, folder and `<NAME>_URL`. */
export const shop = { catalog, customers, orders, reviews, inventory, tracking } as const

export type Shop = typeof shop
export type { Availability, Money, OrderStatus } from './common.ts'
