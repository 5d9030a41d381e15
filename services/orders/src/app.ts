import { randomBytes } from 'node:crypto'
import { orders as contract } from '@bff/contracts/orders'
import { host, type HostOptions, type Running, serve, type Verify } from '@bff/service-kit'
import { openCarts } from './carts.ts'
import { catalogAt } from './catalog.ts'
import { openDatabase } from './database.ts'
import { handlers } from './handlers.ts'
import { stockAt } from './inventory.ts'
import { openLog } from './log.ts'
import { openOrders } from './orders.ts'
import { openStore } from './store.ts'
import { startWarehouse } from './warehouse.ts'

export interface Config extends Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'> {
  /** Path of the database. */
  readonly file: string
  readonly verify: Verify
  readonly catalogUrl: string
  readonly inventoryUrl: string
  /** Sent to inventory. Absent: no credential. */
  readonly serviceSecret?: string
  /** Milliseconds between the steps of a confirmed order; 0: it stays confirmed. */
  readonly stepMs: number
  readonly clock?: () => number
  readonly ids?: () => string
}

const orderId = (): string => `ord_${randomBytes(9).toString('base64url')}`

export async function start(config: Config): Promise<Running> {
  const { log, verify, stepMs, clock = Date.now, ids = orderId } = config
  const db = openDatabase(config.file)
  const events = openLog(db)
  const carts = openCarts(db)
  const orders = openOrders({ db, carts, store: openStore(db, events), clock, ids })
  const stock = stockAt(config.inventoryUrl, config.serviceSecret)
  const warehouse = startWarehouse(orders, stepMs, log)
  const close = (): void => {
    warehouse[Symbol.dispose]()
    stock[Symbol.dispose]()
    db.close()
  }
  const product = catalogAt(config.catalogUrl)
  const handler = serve(contract, handlers({ carts, orders, log: events, product, stock }), { verify, log })
  try {
    return await host({ ...config, name: 'orders', portVariable: 'ORDERS_PORT', handler, close })
  } catch (error) {
    close()
    throw error
  }
}
