import { type LiveMessage, liveProtocol, type LiveRequest } from '@bff/contracts/mobile-live'

/** Opens a socket as browsers, React Native and Node provide it. */
export type Connect = (
  url: string,
  protocols: string[],
) => Pick<WebSocket, 'readyState' | 'send' | 'close' | 'addEventListener'>

/** How a connection ended. `opened`: at least one message arrived. `retryIn`: milliseconds, requested by the server. */
export interface Ended {
  readonly code: number
  readonly reason: string
  readonly opened: boolean
  readonly retryIn: number | undefined
}

interface Options {
  readonly opened: (send: (request: LiveRequest) => void) => void
  readonly received: (message: LiveMessage) => void
  /** Milliseconds between pings; the connection is dead if nothing has arrived by the next one. */
  readonly beat: number
  /** Closes the connection. */
  readonly signal: AbortSignal
}

/** One socket from open to close. A phone that changes networks gets no close event, hence the pings. */
export function line(connect: Connect, url: string, ticket: string, { beat, signal, ...on }: Options): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const socket = connect(url, [liveProtocol, `bff.ticket.${ticket}`])
  let [opened, heard] = [false, true]
  let retryIn: number | undefined
  const end = (code: number, reason: string): void => {
    clearInterval(timer)
    signal.removeEventListener('abort', leave)
    resolve({ code, reason, opened, retryIn })
  }
  const leave = (): void => {
    socket.close(1000)
    end(1000, '')
  }
  const ask = (): void => {
    if (!heard) return leave()
    heard = false
    send({ type: 'ping' })
  }
  const send = (request: LiveRequest): void => {
    if (socket.readyState === 1) socket.send(JSON.stringify(request))
  }
  const timer = setInterval(ask, beat)
  signal.addEventListener('abort', leave)
  socket.addEventListener('open', () => {
    heard = true
    on.opened(send)
  })
  socket.addEventListener('message', ({ data }) => {
    // A proxy without WebSocket support may open a socket and then stay silent.
    opened = heard = true
    const message = JSON.parse(String(data)) as LiveMessage
    if (message.type === 'problem') retryIn = message.retryIn ?? retryIn
    on.received(message)
  })
  // An error event carries no reason, and a close event follows it.
  socket.addEventListener('error', () => undefined)
  socket.addEventListener('close', ({ code, reason }) => end(code, reason))
  if (signal.aborted) leave()
  return promise
}
