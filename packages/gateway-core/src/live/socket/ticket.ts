import { parseKey } from '../../contract.ts'
import type { Guard, Identity, Route } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import { receive } from '../../receive.ts'

/** Stand for a person, once and for a short time. */
export interface Tickets {
  /** Good for `life` milliseconds. */
  readonly issue: (identity: Identity, life: number) => Promise<{ readonly ticket: string; readonly expiresIn: number }>
  /** `undefined`: there is none, it is too old, or somebody has used it. */
  readonly redeem: (ticket: string) => Promise<Identity | undefined>
}

export interface TicketSpec {
  /** Who may have one. */
  readonly guard: Guard
  /** Units of a rate limit that it takes. Default: what the limit says. */
  readonly cost?: number
}

/** Milliseconds from asking for a socket to opening it. */
const life = 60_000

/**
 * Tickets for the sockets of this app: `{ ticket, expiresIn }`, milliseconds. Whoever shows one, once, is the person who asked for
 * it. It is for clients that can set no header on a socket, and for those that want a refusal they can read: a failed handshake
 * has no body in a browser, this answer has.
 */
export function ticket(key: `POST /${string}`, { guard, cost }: TicketSpec): Route<{ readonly tickets: Tickets }> {
  const { method, path } = parseKey(key)
  return {
    methods: [method],
    path,
    guard,
    cost,
    made: { door: 'own', summary: `A ticket that opens one socket within ${life} ms` },
    bind:
      ({ tickets }) =>
      async (exchange, req, res) => {
        await receive({}, req, exchange)
        const { identity } = exchange
        if (identity === undefined)
          throw problem(500, 'internal-error', { cause: new Error(`${key}: its guard signs nobody in`) })
        const body = JSON.stringify(await tickets.issue(identity, life))
        const type = 'application/json; charset=utf-8'
        res.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
      },
  }
}
