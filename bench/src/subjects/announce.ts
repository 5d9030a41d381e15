import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Tell whoever started this process where it listens and what its requests must carry, and leave when they do. */
export async function announce(server: Server, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  process.once('disconnect', () => process.exit())
  if (!server.listening) await once(server, 'listening')
  process.send!({ port: (server.address() as AddressInfo).port, headers })
}
