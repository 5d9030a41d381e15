import { on, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { TrackingMessage } from '@bff/contracts/tracking'
import { WebSocket } from 'ws'

export interface Follower {
  readonly socket: WebSocket
  /** The next message. */
  next(): Promise<TrackingMessage>
  /** All messages up to and including `live`. */
  untilLive(): Promise<TrackingMessage[]>
  /** The code with which the connection closed or will close. */
  readonly closed: Promise<number>
}

/** Follows an order as the holder of a token. */
export function follow(url: string, path: string, token: string): Follower {
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers: { authorization: `Bearer ${token}` } })
  const messages = on(socket, 'message')
  const next = async (): Promise<TrackingMessage> => {
    const { value } = (await messages.next()) as { value: [Buffer] }
    return TrackingMessage.parse(JSON.parse(value[0].toString()))
  }
  return {
    socket,
    next,
    untilLive: async () => {
      const all = [await next()]
      while (all.at(-1)?.type !== 'live') all.push(await next())
      return all
    },
    closed: once(socket, 'close').then(([code]) => code as number),
  }
}

export interface Refusal {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** The response to a refused upgrade. */
export async function refused(url: string, path: string, headers: Record<string, string>): Promise<Refusal> {
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers })
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(Buffer.concat(chunks).toString()) }
}
