import { once } from 'node:events'
import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Tell whoever started this process where it listens. */
export async function announce(server: Server): Promise<void> {
  if (!server.listening) await once(server, 'listening')
  process.send!((server.address() as AddressInfo).port)
}
