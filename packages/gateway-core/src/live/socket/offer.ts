import type { IncomingHttpHeaders } from 'node:http'
import { problem, type Problem } from '../../problem.ts'

/** Credentials of a client that can set no header: sent among its subprotocols, never in the URL, which is logged. */
export interface Proof {
  readonly by: 'bearer' | 'ticket'
  readonly value: string
}

const proofs = /^bff\.(bearer|ticket)\.(.+)$/

/** The `token` of RFC 9110 §5.6.2, as is each element of the header (RFC 6455 §4.3). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * The credentials in `Sec-WebSocket-Protocol`, beside the protocol itself. Throws 400 if the header is malformed, lacks
 * that protocol, or there are two credentials: the client could not know which one counts.
 */
export function proofIn(headers: IncomingHttpHeaders, protocol: string): Proof | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  if (!offered.every((one) => token.test(one)) || new Set(offered).size < offered.length)
    throw malformed('Sec-WebSocket-Protocol is a list of names, each once.')
  if (!offered.includes(protocol)) throw malformed(`Offer the subprotocol ${protocol}.`)
  const found = offered.flatMap((one) => {
    const [, by, value] = proofs.exec(one) ?? []
    return value === undefined ? [] : [{ by: by as Proof['by'], value }]
  })
  if (found.length + (headers.authorization === undefined ? 0 : 1) > 1) throw malformed('There is more than one proof.')
  return found[0]
}

const malformed = (detail: string): Problem => problem(400, 'malformed-upgrade', { detail })
