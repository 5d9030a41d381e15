import { connect, type Socket } from 'node:net'
import type { Client, Whose } from './clients.ts'

/** Follows what happens to an order by the event stream of web-bff. Resolves once it has been told that nothing has yet. */
export function openStream(url: string, { user, order }: Whose): Promise<Client> {
  const { hostname, port, host } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  const socket: Socket = connect(Number(port), hostname)
  let text = ''
  let beats = 0
  const client: Client = {
    // Empty comments, so that nothing in between takes the connection for dead.
    isThere: () => Promise.resolve(beats > 0),
    told: () => Array.from(text.matchAll(/^id: \d+$/gm)).length,
    [Symbol.dispose]: () => socket.destroy(),
  }
  socket.setEncoding('latin1')
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`closed: ${text.slice(0, 400)}`)))
  socket.on('data', (chunk: string) => {
    if (chunk.includes('\n:\n\n')) beats++
    else text += chunk
    if (!text.includes('event: live')) return
    resolve(client)
    // What came so far is of no interest, and would be weighed on this side.
    text = text.slice(text.indexOf('event: live') + 11)
  })
  socket.write(
    `GET /api/orders/${order}/events?after=1 HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\nx-user: ${user}\r\n\r\n`,
  )
  return promise
}
