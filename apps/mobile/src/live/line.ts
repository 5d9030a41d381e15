import { type LiveMessage, liveProtocol, type LiveRequest } from '@bff/contracts/mobile-live'

/** A socket as browsers, React Native and Node have it. */
export type Connect = (
  url: string,
  protocols: string[],
) => Pick<WebSocket, 'readyState' | 'send' | 'close' | 'addEventListener'>

/** How a line ended. `opened`: something came over it. `retryIn`: milliseconds, as the other end wishes. */
export interface Ended {
  readonly code: number
  readonly reason: string
  readonly opened: boolean
  readonly retryIn: number | undefined
}

interface Told {
  readonly opened: (say: (request: LiveRequest) => void) => void
  readonly told: (message: LiveMessage) => void
  /** Milliseconds between two questions whether anybody is there; no answer by the next, and nobody is. */
  readonly beat: number
  /** Ends it. */
  readonly signal: AbortSignal
}

/** One socket, from its begin to its end. A phone that changes networks is told of no end, so it asks from time to time. */
export function line(connect: Connect, url: string, ticket: string, { beat, signal, ...on }: Told): Promise<Ended> {
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
    say({ type: 'ping' })
  }
  const say = (request: LiveRequest): void => {
    if (socket.readyState === 1) socket.send(JSON.stringify(request))
  }
  const timer = setInterval(ask, beat)
  signal.addEventListener('abort', leave)
  socket.addEventListener('open', () => {
    heard = true
    on.opened(say)
  })
  socket.addEventListener('message', ({ data }) => {
    // A proxy that knows no WebSocket may open one, and then say nothing.
    opened = heard = true
    const message = JSON.parse(String(data)) as LiveMessage
    if (message.type === 'problem') retryIn = message.retryIn ?? retryIn
    on.told(message)
  })
  // What went wrong, a socket does not say; that it did, the close that follows does.
  socket.addEventListener('error', () => undefined)
  socket.addEventListener('close', ({ code, reason }) => end(code, reason))
  if (signal.aborted) leave()
  return promise
}
