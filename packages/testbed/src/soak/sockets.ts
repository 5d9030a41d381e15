import { once } from 'node:events'
import { type LiveMessage, liveProtocol, type LiveRequest, orderTopic } from '@bff/contracts/mobile-live'
import type { Client, Whose } from './clients.ts'

/** Milliseconds that an answer to a ping may take. */
const patience = 5_000

/** Opens a socket at mobile-bff that follows nothing. */
export const openSilent = async (url: string, whose: Whose): Promise<Client> => (await open(url, whose)).client

/** One that follows an order, once it has been told that nothing has happened yet. */
export async function openFollowing(url: string, whose: Whose): Promise<Client> {
  const { client, say, until } = await open(url, whose)
  const live = until('live')
  say({ type: 'subscribe', topic: orderTopic(whose.order), after: 1 })
  if (!(await live)) throw new Error('a socket did not get live')
  return client
}

async function open(url: string, { token }: Whose) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/m/v1/live`, [liveProtocol, `bff.bearer.${token}`])
  const waiting = new Map<string, (came: boolean) => void>()
  let events = 0
  socket.addEventListener('message', ({ data }) => {
    const { type } = JSON.parse(String(data)) as LiveMessage
    if (type === 'event') events++
    waiting.get(type)?.(true)
  })
  await once(socket, 'open')
  const say = (request: LiveRequest) => socket.send(JSON.stringify(request))
  const until = (type: LiveMessage['type']) =>
    new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), patience)
      waiting.set(type, () => {
        clearTimeout(timer)
        waiting.delete(type)
        resolve(true)
      })
    })
  const client: Client = {
    async isThere() {
      const pong = until('pong')
      if (socket.readyState === WebSocket.OPEN) say({ type: 'ping' })
      return pong
    },
    told: () => events,
    [Symbol.dispose]: () => socket.close(),
  }
  return { client, say, until }
}
