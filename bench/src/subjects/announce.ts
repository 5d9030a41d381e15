import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Tells the parent process the address and required headers, and exits when the parent disconnects. */
export async function announce(server: Server, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  if (!server.listening) await once(server, 'listening')
  announcePort((server.address() as AddressInfo).port, headers)
}

export function announcePort(port: number, headers: Readonly<Record<string, string>> = {}): void {
  process.once('disconnect', () => process.exit())
  process.send!({ port, headers })
}
