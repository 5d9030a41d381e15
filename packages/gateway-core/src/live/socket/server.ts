import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** Largest message in bytes: a token and little else. */
export const longest = 16_384

export type SocketUpgrade = (req: IncomingMessage, wire: Duplex, head: Buffer) => Promise<WebSocket>

/**
 * Performs the RFC 6455 upgrade after admission. Messages may have few fragments; compression is off, so a small frame
 * cannot inflate; a client that does not answer a close frame is cut after a second.
 */
export function webSockets(protocol: string): SocketUpgrade {
  // Its types lack some of these.
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: longest,
    maxFragments: 16,
    maxBufferedChunks: 256,
    // Above the client's own rate limit, which answers a flood first.
    maxPendingAutoPongs: 128,
    closeTimeout: 1_000,
    handleProtocols: () => protocol,
  }
  const server = new WebSocketServer(options)
  return (req, wire, head) => new Promise((resolve) => server.handleUpgrade(req, wire, head, resolve))
}
