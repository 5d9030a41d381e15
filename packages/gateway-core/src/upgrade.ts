import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'

/** How a route takes WebSocket upgrades. Its guard has said yes before `take` is called. */
export interface Upgrade {
  /**
   * Sites whose pages may connect: a browser sends its cookies along whichever site opens the socket, so this is what stands
   * against cross-site hijacking (RFC 6455 §10.2). `any`: no browser is meant, what proves the client is no cookie.
   */
  readonly origins: readonly string[] | 'any'
  readonly caps: Caps
  /** Resolves once the protocol has changed; the socket is then its own. Rejects before anything was said on the socket. */
  readonly take: (exchange: Exchange, req: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>
}

/** Sockets, those still shaking hands among them. */
export interface Caps {
  readonly route: number
  /** Of one user, or of one address where nobody signed in. */
  readonly client: number
}
