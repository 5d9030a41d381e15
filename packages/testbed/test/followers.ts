import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { LiveMessage, liveProtocol, orderTopic } from '@bff/contracts/mobile-live'
import type { WebBrowser } from '../src/index.ts'

/** Everything received over all connections of one follower. */
export interface Seen {
  readonly revs: number[]
  readonly notes: Set<string>
  broken: number
}

/** One connection, broken after `breakAfter` milliseconds. Resolves with true when the order's state is final. */
export type Read = (orderId: string, seen: Seen, breakAfter: number) => Promise<boolean>

/**
 * Follows an order to its end over connections that break at random moments. After a break that it did not cause, which means a
 * restart, it waits longer: eager reconnects would keep the process from starting.
 */
export async function follow(read: Read, orderId: string, random: () => number): Promise<Seen> {
  const seen: Seen = { revs: [], notes: new Set(), broken: 0 }
  for (;;) {
    const before = seen.broken
    if (await read(orderId, seen, 10 + random() * 150)) return seen
    await pause(random() * (seen.broken > before ? 40 : 400))
  }
}

/** Pseudorandom numbers from 0 to 1 (mulberry32). */
export function seeded(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Consumes complete events; `ended`: the last one was the end. */
function takeEvents(text: string, seen: Seen): { readonly rest: string; readonly ended: boolean } {
  const events = text.split('\n\n')
  const rest = events.pop()!
  let ended = false
  for (const event of events) {
    const [, rev] = /^id: (\d+)\ndata: /.exec(event) ?? []
    const [, note] = /^(?:id: \d+\n)?event: (\S+)/.exec(event) ?? []
    if (rev !== undefined) seen.revs.push(Number(rev))
    if (note !== undefined) seen.notes.add(note)
    ended ||= note === 'end'
  }
  return { rest, ended }
}

/** Like a page: server-sent events of web-bff. */
export const byEvents =
  (browser: WebBrowser): Read =>
  async (orderId, seen, breakAfter) => {
    const left = new AbortController()
    const timer = setTimeout(() => left.abort(), breakAfter)
    try {
      const last = seen.revs.at(-1)
      const headers = last === undefined ? {} : { 'last-event-id': String(last) }
      const answer = await browser.fetch(`/api/orders/${orderId}/events`, { headers, signal: left.signal })
      if (answer.status !== 200) return answer.status === 204
      let text = ''
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        const { rest, ended } = takeEvents(text + chunk, seen)
        if (ended) return true
        text = rest
      }
    } catch {
      if (left.signal.aborted) seen.broken++
    } finally {
      clearTimeout(timer)
      left.abort()
    }
    return false
  }

/** Like an app: the socket of mobile-bff, over a connection that breaks silently. */
export const bySocket =
  (mobile: string, accessToken: string): Read =>
  async (orderId, seen, breakAfter) => {
    await using line = await lineTo(mobile)
    const socket = new WebSocket(`${line.url}/m/v1/live`, [liveProtocol, `bff.bearer.${accessToken}`])
    const topic = orderTopic(orderId)
    let ended = false
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ type: 'subscribe', topic, after: seen.revs.at(-1) ?? 0 })),
    )
    socket.addEventListener('message', ({ data }) => {
      const told = LiveMessage.parse(JSON.parse(String(data)))
      if (told.type !== 'event') seen.notes.add(told.type)
      else {
        seen.revs.push(told.rev)
        ended = told.data.status === 'delivered'
        if (ended) line.cut()
      }
    })
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))
    const timer = setTimeout(() => {
      seen.broken++
      line.cut()
    }, breakAfter)
    await closed
    clearTimeout(timer)
    return ended
  }

/** The network between an app and its BFF, which can be cut. */
async function lineTo(address: string) {
  const { hostname, port } = new URL(address)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined).once('close', () => other.destroy())
      one.pipe(other)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cut = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
