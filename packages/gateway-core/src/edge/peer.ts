import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Peer } from '../exchange.ts'
import { plainAddress } from './client-address.ts'

/** The other end of the socket, whatever the headers claim. */
export const peerOf = ({ socket }: IncomingMessage): Peer => ({
  address: plainAddress(socket.remoteAddress ?? ''),
  certificate: () => {
    const { authorized } = socket as Partial<TLSSocket>
    return authorized === true ? (socket as TLSSocket).getPeerX509Certificate() : undefined
  },
})
