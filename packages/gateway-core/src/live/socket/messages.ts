import { type Fault, problem, type Problem } from '../../problem.ts'

/** What a client may say, one JSON text per message. `topic` is a word of the app's; `after` the last revision it knows of it. */
export type Said =
  | { readonly type: 'subscribe'; readonly topic: string; readonly after: number }
  | { readonly type: 'unsubscribe'; readonly topic: string }
  /** Another access token of the same person. */
  | { readonly type: 'auth'; readonly token: string }
  | { readonly type: 'ping' }

/** What it is told. */
export type Told =
  | { readonly type: 'event'; readonly topic: string; readonly rev: number; readonly data: unknown }
  /** All that had happened has been told, the last of it at `rev`. */
  | { readonly type: 'live'; readonly topic: string; readonly rev: number }
  /** What lay between can no longer be told, or was too much for who reads so slowly: read anew. What is newer than `rev` follows. */
  | { readonly type: 'resync'; readonly topic: string; readonly rev: number }
  /** Milliseconds in which an `auth` is wanted. */
  | { readonly type: 'reauth'; readonly in: number }
  /** With a topic: it is not followed, or not any more. `retryIn`, milliseconds: the socket closes, connect again then. */
  | {
      readonly type: 'problem'
      readonly topic?: string | undefined
      readonly problem: object
      readonly retryIn?: number
    }
  | { readonly type: 'pong' }

/** How a socket ends; below 4000 they are those of RFC 6455 §7.4 and its registry. The reason is always the code of a problem. */
export const closing = {
  notText: 1003,
  flood: 1008,
  draining: 1012,
  /** The proof is over, or has been taken back. */
  unproven: 4401,
  /** Proved to be another person, or one who may not. */
  forbidden: 4403,
  idle: 4408,
} as const

const longestTopic = 256
const fields: Readonly<Record<Said['type'], readonly Field[]>> = {
  subscribe: ['topic', 'after'],
  unsubscribe: ['topic'],
  auth: ['token'],
  ping: [],
}
type Field = 'topic' | 'after' | 'token'

const sound: Readonly<Record<Field, readonly [test: (value: unknown) => boolean, must: string]>> = {
  topic: [(value) => isText(value, longestTopic), `must be a text of 1 to ${longestTopic} characters`],
  after: [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'must be a whole number, 0 or more'],
  token: [(value) => isText(value, Infinity), 'must be a text'],
}

const isText = (value: unknown, most: number): boolean =>
  typeof value === 'string' && value !== '' && value.length <= most

/** Throws the problem that it is told of what cannot be read. A member nobody knows is let be. */
export function readMessage(text: string): Said {
  const message = parsed(text)
  const wanted = Object.hasOwn(fields, String(message['type'])) ? fields[message['type'] as Said['type']] : undefined
  if (wanted === undefined) throw problem(400, 'message-unknown')
  const faults = wanted.flatMap((name): Fault[] => {
    const [test, must] = sound[name]
    return test(message[name]) ? [] : [{ pointer: `/${name}`, detail: must }]
  })
  if (faults.length > 0) throw problem(422, 'validation', { errors: faults })
  return message as unknown as Said
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // The same to whoever sent it.
  }
  throw problem(400, 'invalid-json', { detail: 'A message must be one JSON object.' })
}

/** A topic that is not followed, or the answer to a message that could not be read. */
export const complaint = (failed: Problem, traceId: string, topic?: string): Told => ({
  type: 'problem',
  ...(topic === undefined ? {} : { topic }),
  problem: failed.body(traceId),
})
