import type { Logger } from 'pino'
import type { Exchange, Identity } from '../exchange.ts'
import { plain } from '../plain.ts'

/** What happened, in the words of the OWASP Logging Vocabulary. */
export type AuditEvent =
  /** Somebody signed in, or tried to; a machine's key or certificate would not do. */
  | 'authn_login_success'
  | 'authn_login_fail'
  /** Proofs were withdrawn: of a user, a session, or one token. */
  | 'authn_token_revoked'
  /** A session got new tokens, or could not. */
  | 'session_renewed'
  | 'session_renew_fail'
  /** A session is over: signed out, by whom `reason` says. */
  | 'session_expired'
  /** A request was refused: 401, 403, or what seems forged by another site. */
  | 'authz_fail'

/**
 * What may be said of it. No field can hold a cookie, a token or a key: there is none for them, fields beside these are dropped,
 * and what identifies somebody is cleaned like everything from outside.
 */
export interface AuditFacts {
  /** Where it happened: its trace, address, method and route are told. */
  readonly exchange?: Pick<Exchange, 'traceId' | 'address' | 'method'> | undefined
  /** Whom it is about. Of an identity the user's id, the client, the proof's kind and the session's name are told. */
  readonly identity?: Pick<Identity, 'user' | 'client' | 'by' | 'sessionId'> | undefined
  /** `sub`, where there is no identity. */
  readonly user?: string | undefined
  /** Of the OAuth client or the machine, where there is no identity. */
  readonly client?: string | undefined
  /** The `sid`, where there is no identity. Never the cookie. */
  readonly session?: string | undefined
  /** The `jti`. */
  readonly tokenId?: string | undefined
  /** The pattern of the route, never the path. */
  readonly route?: string | undefined
  /** Why: lower-case words with `-` between them, such as a problem's code. Anything else is told as `unspecified`. */
  readonly reason?: string | undefined
  /** What spoke against a request that seems forged: `origin`, `fetch-metadata` or `header`. */
  readonly signal?: string | undefined
}

export type Audit = (event: AuditEvent, facts: AuditFacts) => void

/**
 * Whoever must know who did what: one line per event in a child of `log` that is there whatever the level of the app. Lines
 * carry `audit: <event>`, by which they are told from others and kept elsewhere.
 */
export function audit(log: Logger): Audit {
  const child = log.child({}, { level: log.level === 'silent' ? 'silent' : 'info' })
  return (event, { exchange, identity, route, reason, signal, tokenId, ...named }) => {
    const { user = identity?.user.id, client = identity?.client, session = identity?.sessionId } = named
    child[event.endsWith('_fail') ? 'warn' : 'info'](
      {
        audit: event,
        traceId: exchange?.traceId,
        user: clean(user),
        client: clean(client),
        by: identity?.by,
        session: clean(session),
        tokenId: clean(tokenId),
        address: exchange?.address,
        method: exchange?.method,
        route,
        reason: inWords(reason),
        signal: inWords(signal),
      },
      'audit',
    )
  }
}

const words = /^[a-z]{1,24}(?:-[a-z0-9]{1,24}){0,7}$/

const inWords = (text: string | undefined): string | undefined =>
  text === undefined || words.test(text) ? text : 'unspecified'

const clean = (text: string | undefined): string | undefined => (text === undefined ? undefined : plain(text, 128))
