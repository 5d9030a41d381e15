import { Inventory } from '@bff/contracts/inventory'
import { Health } from '@bff/gateway-core/grpc'
import { host, type HostOptions, type Running, type Verify } from '@bff/service-kit'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { accessLog } from './access-log.ts'
import { health } from './health.ts'
import { inventory } from './inventory.ts'
import { openStock } from './stock.ts'

export interface Config extends Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults'> {
  readonly verify: Verify
}

export function start({ verify, ...config }: Config): Promise<Running> {
  const stock = openStock()
  const handler = connectNodeAdapter({
    routes: (router) => void router.service(Inventory, inventory(stock, verify)).service(Health, health),
    interceptors: [accessLog(config.log)],
    connect: false,
    grpcWeb: false,
    readMaxBytes: 65_536,
  })
  return host({
    ...config,
    name: 'inventory',
    portVariable: 'INVENTORY_PORT',
    protocol: 'h2c',
    handler,
  })
}
