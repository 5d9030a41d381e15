import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, type Problem } from '../problem.ts'
import type { Upgrade } from '../exchange.ts'

/**
 * Node's `shouldUpgradeCallback`: a request for any other protocol is served as if it had not asked (RFC 9110 §7.8), so
 * `h2c` and the like change nothing. Needs `closeBehind`.
 */
export const wantsWebSocket = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i.test(headers.upgrade ?? '')

/**
 * Closes the connection after a declined upgrade: node drops what arrived in the same packet, so that a proxy before us
 * that counts two requests would give the next response to the wrong client.
 */
export function closeBehind(req: IncomingMessage, res: ServerResponse): void {
  if (req.headers.upgrade !== undefined) res.setHeader('connection', 'close')
}

/**
 * Before the protocol switch nothing reads the socket, so a client that leaves would go unnoticed. Reads it into its
 * own buffer and destroys it at its end. Returns a function that stops this.
 */
export function hearOfLeaving(socket: Duplex): () => void {
  const left = () => void socket.destroy()
  socket.once('end', left)
  socket.read(0)
  return () => void socket.off('end', left)
}

/**
 * First fault of the opening handshake (RFC 6455 §4.2.1). The origin is checked first, so that a foreign page learns
 * nothing else.
 */
export function handshakeFault(req: IncomingMessage, origins: Upgrade['origins']): Problem | undefined {
  const { headers, method } = req
  if (!mayConnect(headers, origins)) return problem(403, 'origin-not-allowed')
  if (method !== 'GET') return malformed('Only a GET can be upgraded.')
  if (headers.upgrade?.toLowerCase() !== 'websocket') return malformed('Upgrade must be websocket and nothing else.')
  if (headers['sec-websocket-version'] !== '13')
    return problem(426, 'websocket-version', { headers: { upgrade: 'websocket', 'sec-websocket-version': '13' } })
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? ''))
    return malformed('Sec-WebSocket-Key must be 16 bytes in base64.')
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0)
    return malformed('An upgrade has no body.')
  return undefined
}

function mayConnect({ origin, host }: IncomingMessage['headers'], origins: Upgrade['origins']): boolean {
  if (origins === 'any' || (origins === 'own' && origin === undefined)) return true
  // Compares host and port only: behind a proxy that terminates TLS the scheme is unknown.
  return origins === 'own' ? URL.parse(origin ?? '')?.host === host?.toLowerCase() : origins.includes(origin ?? '')
}

const malformed = (detail: string): Problem => problem(400, 'malformed-upgrade', { detail })
