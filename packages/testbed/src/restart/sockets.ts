import { type LiveMessage, liveProtocol } from '@bff/contracts/mobile-live'
import { bearer } from '@bff/gateway-core/client'
import { mobileClient } from '@bff/mobile'
import { Live, type LiveOptions } from '@bff/mobile/live'
import { nothing } from './report.ts'
import type { Follower } from './streams.ts'

/** What a socket is closed with that is to come back (RFC 6455 §7.4, registry of close codes). */
const restart = 1012

/** Follows an order as the app does. What is counted is what came over the wire: the app passes over what comes again. */
export function followInApp(baseUrl: string, token: string, order: string): Follower {
  const heard = nothing()
  // Processes without a common store do not know each other's tickets, so the socket is opened with the token itself.
  const connect: NonNullable<LiveOptions['connect']> = (url) => {
    const socket = new WebSocket(url, [liveProtocol, `bff.bearer.${token}`])
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as LiveMessage
      if (message.type === 'live') heard.live = true
      else if (message.type === 'event') heard.revs.push(message.rev)
    })
    socket.addEventListener('close', ({ code }) => {
      if (code === restart) heard.away++
      else if (heard.live) heard.cut++
      heard.live = false
    })
    return socket
  }
  const as = bearer({ token: { accessToken: token } })
  const live = new Live({ client: mobileClient({ baseUrl, as }), as, baseUrl, connect })
  const reading = read(live.order(order))
  return {
    heard,
    async [Symbol.asyncDispose]() {
      live.close()
      await reading
    },
  }
}

async function read(updates: AsyncIterable<unknown>): Promise<void> {
  const reader = updates[Symbol.asyncIterator]()
  while ((await reader.next()).done !== true);
}
