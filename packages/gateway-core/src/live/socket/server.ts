import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** Bytes of one message: a token and little else. */
export const longest = 16_384

export type Change = (req: IncomingMessage, wire: Duplex, head: Buffer) => Promise<WebSocket>

/**
 * Changes the protocol, RFC 6455, once the door has let somebody in. What is sent in pieces may come in few of them; nothing is
 * compressed, so nothing small becomes large; and who does not answer a closing is cut a second later.
 */
export function webSockets(protocol: string): Change {
  // Its types do not know all of them.
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: longest,
    maxFragments: 16,
    maxBufferedChunks: 256,
    // More than a client may ask for: its flood has an answer.
    maxPendingAutoPongs: 128,
    closeTimeout: 1_000,
    handleProtocols: () => protocol,
  }
  const server = new WebSocketServer(options)
  return (req, wire, head) => new Promise((resolve) => server.handleUpgrade(req, wire, head, resolve))
}
