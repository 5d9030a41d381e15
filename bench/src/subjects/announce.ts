import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Tell whoever started this process where it listens and what its requests must carry, and leave when they do. */
export async function announce(server: Server, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  if (!server.listening) await once(server, 'listening')
  announcePort((server.address() as AddressInfo).port, headers)
}

export function announcePort(port: number, headers: Readonly<Record<string, string>> = {}): void {
  process.once('disconnect', () => process.exit())
  process.send!({ port, headers })
}
