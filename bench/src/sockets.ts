import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { rssOf } from './proc.ts'
import { start, type Subject } from './subject.ts'

export interface SocketRow {
  readonly name: string
  /** KiB of memory per socket, one value per round. */
  readonly each: number[]
  readonly atMost?: number
}

export const socketCount = 5_000
const rounds = 3

const ways = [
  { name: 'ws alone', with: '', topic: false },
  { name: 'ours, nothing followed', with: 'all', topic: false, atMost: 20 },
  { name: 'ours, one topic followed', with: 'all', topic: true, atMost: 20 },
] as const

/** Measures the memory of idle sockets: the process's growth once all are open, per socket. */
export async function sockets(): Promise<readonly SocketRow[]> {
  const feed = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(feed, 'listening')
  feed.on('connection', (socket) => socket.send('{"live":0}'))
  const { port } = feed.address() as { port: number }
  const rows: SocketRow[] = ways.map((way) => ({
    name: way.name,
    each: [],
    ...('atMost' in way && { atMost: way.atMost }),
  }))
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of ways.entries()) {
      await using subject = await start('sockets', { BENCH_WITH: way.with, BENCH_UPSTREAM: `http://127.0.0.1:${port}` })
      const cost = await one(subject, way.topic)
      rows[i]!.each.push(cost)
      console.log(`${way.name.padEnd(40)} ${cost.toFixed(1).padStart(6)} KiB`)
    }
  }
  for (const client of feed.clients) client.terminate()
  await new Promise((resolve) => feed.close(resolve))
  return rows
}

async function one(subject: Subject, topic: boolean): Promise<number> {
  const warm = await open(subject, 1_000, topic)
  for (const socket of warm) socket.destroy()
  await pause(2_000)
  const before = rssOf(subject.pid)
  const all = await open(subject, socketCount, topic)
  await pause(2_000)
  const after = rssOf(subject.pid)
  const lost = all.filter(({ destroyed }) => destroyed).length
  for (const socket of all) socket.destroy()
  if (lost > 0) throw new Error(`${lost} of ${socketCount} sockets were closed`)
  return ((after - before) * 1_024) / socketCount
}

async function open({ url }: Subject, many: number, topic: boolean): Promise<Socket[]> {
  const all: Socket[] = []
  while (all.length < many) {
    const batch = Array.from({ length: 100 }, (_, i) => opened(url, `user-${all.length + i}`, topic))
    all.push(...(await Promise.all(batch)))
  }
  return all
}

async function opened(url: string, user: string, topic: boolean): Promise<Socket> {
  const { port, host } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `GET /live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: bench.live.v1\r\nAuthorization: Bearer ${user}\r\n\r\n`,
  )
  const [head] = (await once(socket, 'data')) as [Buffer]
  if (!head.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(head.toString('latin1'))
  if (topic) {
    socket.write(frame('{"type":"subscribe","topic":"a","after":0}'))
    await once(socket, 'data')
  }
  return socket.resume()
}

/** A text frame masked with zeros (RFC 6455 §5.2). */
const frame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
