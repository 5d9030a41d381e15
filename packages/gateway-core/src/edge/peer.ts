import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Peer } from '../exchange.ts'
import { plainAddress } from './client-address.ts'

/** Who is at the other end of the socket, whatever the headers say. */
export const peerOf = ({ socket }: IncomingMessage): Peer => ({
  address: plainAddress(socket.remoteAddress ?? ''),
  certificate: () => {
    const { authorized } = socket as Partial<TLSSocket>
    return authorized === true ? (socket as TLSSocket).getPeerX509Certificate() : undefined
  },
})
