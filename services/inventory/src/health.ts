import { Inventory } from '@bff/contracts/inventory'
import { Health, ServingStatus } from '@bff/gateway-core/grpc'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'

const known = new Set(['', Inventory.typeName])

/** Always SERVING when reachable: a stopping server accepts no connections. So there is no change to watch. */
export const health: Partial<ServiceImpl<typeof Health>> = {
  check({ service }) {
    if (!known.has(service)) throw new ConnectError('no such service', Code.NotFound)
    return { status: ServingStatus.SERVING }
  },
}
