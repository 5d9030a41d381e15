import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@bff/service-kit'
import { type WebSocket, WebSocketServer } from 'ws'
import { stream } from './stream.ts'
import type { Timelines } from './timelines.ts'
import type { Admitted } from './upgrade.ts'

export interface Sockets {
  readonly accept: (req: IncomingMessage, socket: Duplex, head: Buffer, admitted: Admitted) => void
  /** Disconnects every client with a code that makes it reconnect and resume. */
  readonly restart: () => void
  /** Like `restart`, and accepts no more. */
  readonly stop: () => void
}

export function openSockets(timelines: Timelines, heartbeatMs: number, log: Logger): Sockets {
  // Clients send nothing, so a small limit is enough.
  const server = new WebSocketServer({ noServer: true, maxPayload: 1_024, perMessageDeflate: false })
  const heartbeat = startHeartbeat(server.clients, heartbeatMs)
  const restart = (): void => {
    for (const socket of server.clients) socket.close(1012, 'restart')
  }
  return {
    accept: (req, duplex, head, { found, ...subscription }) => {
      server.handleUpgrade(req, duplex, head, (socket) => {
        socket.on('error', (err) => log.debug({ err }, 'socket'))
        heartbeat.watch(socket)
        if (found) stream(socket, timelines, subscription)
        else socket.close(4404, 'order not found')
      })
    },
    restart,
    stop: () => {
      heartbeat.stop()
      server.close()
      restart()
    },
  }
}

/** Pings every socket each `interval` and drops those that left the last ping unanswered. */
function startHeartbeat(sockets: ReadonlySet<WebSocket>, interval: number) {
  const alive = new WeakSet<WebSocket>()
  const beat = setInterval(() => {
    for (const socket of sockets) {
      if (alive.delete(socket)) socket.ping()
      else socket.terminate()
    }
  }, interval).unref()
  return {
    watch: (socket: WebSocket): void => {
      alive.add(socket)
      socket.on('pong', () => alive.add(socket))
    },
    stop: (): void => clearInterval(beat),
  }
}
