import { createHash } from 'node:crypto'
import { seeded } from './call.ts'
import { type DoorName, doors } from './both-doors.ts'

/** Where in an exchange the service fails, and how. */
export const faults = {
  none: ['none'],
  /** Nothing listens. */
  connect: ['refused'],
  /** The head of the request is there, its body perhaps not yet. */
  request: ['reset', 'end', 'silence', 'early'],
  /** The request has been done, and nothing of an answer has been said. */
  head: ['reset', 'end', 'silence', 'garbage', 'busy'],
  start: ['reset', 'end', 'silence'],
  middle: ['reset', 'end', 'silence', 'garbage'],
  last: ['reset', 'end', 'silence'],
  /** The answer is out, and its connection rests. */
  idle: ['reset', 'end', 'surplus'],
} as const

export type Phase = keyof typeof faults
export type How = (typeof faults)[Phase][number]

/** One request, and what goes wrong with it. */
export interface Plan {
  readonly id: number
  readonly door: DoorName
  readonly method: 'GET' | 'PUT' | 'POST'
  /** Bytes of what is sent and of what is answered. */
  readonly size: number
  readonly phase: Phase
  readonly how: How
  /** The service is well again when it is asked again. */
  readonly once: boolean
  readonly chunked: boolean
  /** Milliseconds until the service begins to answer. */
  readonly delay: number
  readonly leave?: { readonly after: number; readonly unit: 'ms' | 'bytes'; readonly reset: boolean }
}

/** Done twice it would not be the same; by the forward its body is a stream, and gone once it was sent. */
export const isOnce = ({ door, method }: Plan): boolean => method === 'POST' || (method === 'PUT' && door === 'forward')

/** The same plans for the same seed. */
export function plansOf(seed: number, count: number): Plan[] {
  const random = seeded(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const one = <T>(of: readonly T[]): T => of[below(of.length)]!
  const phases = Object.keys(faults) as Phase[]
  return Array.from({ length: count }, (_, id): Plan => {
    const door = one(doors)
    const phase = random() < 0.45 ? 'none' : one(phases)
    // Only reads have a way to the place where nothing listens.
    const method = phase === 'connect' ? 'GET' : one(['GET', 'PUT', 'POST'] as const)
    const how = one<How>(faults[phase])
    const large = door === 'forward' ? 200_000 : 60_000
    const size = how === 'surplus' ? 1 + below(500) : one([1, 1 + below(200), 1 + below(20_000), 1 + below(large)])
    const leave = { after: below(20), unit: one(['ms', 'ms', 'bytes'] as const), reset: random() < 0.5 }
    const plan = {
      id,
      door,
      method,
      size,
      phase,
      how,
      once: random() < 0.3,
      chunked: random() < 0.5,
      delay: one([0, 0, 0, below(20)]),
    }
    return random() < 0.12 ? { ...plan, leave } : plan
  })
}

/** Text in which no two places look alike: what is shifted, doubled or someone else's shows. */
const text = createText(400_000)

function createText(length: number): string {
  const random = seeded(7)
  return Array.from({ length }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('')
}

const item = ({ id, size }: Plan, from: number): string => {
  const start = (id * 61 + from) % (text.length - size)
  return JSON.stringify({ id: `${id}`, name: text.slice(start, start + size) })
}

/** What the client of a plan sends. */
export const sentBy = (plan: Plan): string => (plan.method === 'GET' ? '' : item(plan, 0))

/** What the service of a plan answers. */
export const answerTo = (plan: Plan): string => item(plan, 17)

export const hashOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('base64')
