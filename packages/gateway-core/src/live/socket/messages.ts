import { type Fault, problem, type Problem } from '../../problem.ts'

/**
 * Messages of a client, one JSON text each. `topic` is defined by the app; `after` is the last revision the client
 * knows of it.
 */
export type ClientMessage =
  | { readonly type: 'subscribe'; readonly topic: string; readonly after: number }
  | { readonly type: 'unsubscribe'; readonly topic: string }
  /** Another access token of the same user. */
  | { readonly type: 'auth'; readonly token: string }
  | { readonly type: 'ping' }

/** Messages to a client. */
export type ServerMessage =
  | { readonly type: 'event'; readonly topic: string; readonly rev: number; readonly data: unknown }
  /** The backlog is delivered, up to `rev`. */
  | { readonly type: 'live'; readonly topic: string; readonly rev: number }
  /**
   * The events in between cannot be replayed, or were too many for a slow reader: reload. Events after `rev` follow.
   */
  | { readonly type: 'resync'; readonly topic: string; readonly rev: number }
  /** Milliseconds left to send an `auth`. */
  | { readonly type: 'reauth'; readonly in: number }
  /** With a topic: it is no longer followed. With `retryIn`, milliseconds: the socket closes, reconnect then. */
  | {
      readonly type: 'problem'
      readonly topic?: string | undefined
      readonly problem: object
      readonly retryIn?: number
    }
  | { readonly type: 'pong' }

/** Close codes; below 4000 as in RFC 6455 §7.4 and its registry. The reason is always a problem code. */
export const closing = {
  notText: 1003,
  flood: 1008,
  draining: 1012,
  /** The credentials expired or were revoked. */
  unproven: 4401,
  /** The new credentials are another user's, or insufficient. */
  forbidden: 4403,
  idle: 4408,
} as const

const longestTopic = 256
const fields: Readonly<Record<ClientMessage['type'], readonly Field[]>> = {
  subscribe: ['topic', 'after'],
  unsubscribe: ['topic'],
  auth: ['token'],
  ping: [],
}
type Field = 'topic' | 'after' | 'token'

const checks: Readonly<Record<Field, readonly [test: (value: unknown) => boolean, must: string]>> = {
  topic: [(value) => isText(value, longestTopic), `must be a text of 1 to ${longestTopic} characters`],
  after: [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'must be a whole number, 0 or more'],
  token: [(value) => isText(value, Infinity), 'must be a text'],
}

const isText = (value: unknown, most: number): boolean =>
  typeof value === 'string' && value !== '' && value.length <= most

/** Throws the problem to send for an unreadable message. Ignores unknown members. */
export function readMessage(text: string): ClientMessage {
  const message = parsed(text)
  const wanted = Object.hasOwn(fields, String(message['type']))
    ? fields[message['type'] as ClientMessage['type']]
    : undefined
  if (wanted === undefined) throw problem(400, 'message-unknown')
  const faults = wanted.flatMap((name): Fault[] => {
    const [test, must] = checks[name]
    return test(message[name]) ? [] : [{ pointer: `/${name}`, detail: must }]
  })
  if (faults.length > 0) throw problem(422, 'validation', { errors: faults })
  return message as unknown as ClientMessage
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Same answer as for a non-object.
  }
  throw problem(400, 'invalid-json', { detail: 'A message must be one JSON object.' })
}

/** For a topic that is not followed, or an unreadable message. */
export const complaint = (failed: Problem, traceId: string, topic?: string): ServerMessage => ({
  type: 'problem',
  ...(topic === undefined ? {} : { topic }),
  problem: failed.body(traceId),
})
