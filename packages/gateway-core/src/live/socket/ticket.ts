import { parseKey } from '../../contract.ts'
import type { Guard, Identity, Route } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import { receive } from '../../receive.ts'

/** Single-use, short-lived credentials. */
export interface Tickets {
  /** Valid for `life` milliseconds. */
  readonly issue: (identity: Identity, life: number) => Promise<{ readonly ticket: string; readonly expiresIn: number }>
  /** `undefined`: unknown, expired or used. */
  readonly redeem: (ticket: string) => Promise<Identity | undefined>
}

export interface TicketSpec {
  /** Who may get one. */
  readonly guard: Guard
  /** Rate limit units it takes. Default: the limit's. */
  readonly cost?: number
}

/** Lifetime of a ticket in milliseconds. */
const life = 60_000

/**
 * Issues tickets for the sockets of this app: `{ ticket, expiresIn }`, milliseconds. A ticket authenticates once as the
 * user who requested it. For clients that can set no header on a socket, and those that want a readable refusal: in a
 * browser a failed handshake has no body, this response has.
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
          throw problem(500, 'internal-error', { cause: new Error(`${key}: its guard does not authenticate anyone`) })
        const body = JSON.stringify(await tickets.issue(identity, life))
        const type = 'application/json; charset=utf-8'
        res.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
      },
  }
}
