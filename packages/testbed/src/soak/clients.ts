import { connect, type Socket } from 'node:net'

/** One who waits for what happens to an order, and has heard of nothing yet but that all is well. */
export interface Client extends Disposable {
  /** Beats that came: empty comments, so that nothing in between takes the connection for dead. */
  readonly beats: () => number
  /** Numbers of the events that came, the first ones left out. */
  readonly revs: () => readonly number[]
}

const atATime = 100

/** Open so many, some at a time, each once the one before it in its row is live. */
export async function openClients(url: string, all: readonly (readonly [user: string, order: string])[]) {
  const open: Client[] = []
  let next = 0
  const row = async (): Promise<void> => {
    for (let i = next++; i < all.length; i = next++) open.push(await openClient(url, ...all[i]!))
  }
  await Promise.all(Array.from({ length: atATime }, row))
  return open
}

function openClient(url: string, user: string, order: string): Promise<Client> {
  const { hostname, port, host } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  const socket: Socket = connect(Number(port), hostname)
  let text = ''
  let beats = 0
  const client: Client = {
    beats: () => beats,
    revs: () => Array.from(text.matchAll(/^id: (\d+)$/gm), ([, rev]) => Number(rev)),
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
    `GET /api/orders/${order}/events?after=1 HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\nx-soak-user: ${user}\r\n\r\n`,
  )
  return promise
}
