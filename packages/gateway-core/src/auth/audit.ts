import type { Logger } from 'pino'
import type { Exchange, Identity } from '../exchange.ts'
import { plain } from '../plain.ts'

/** What happened, in terms of the OWASP Logging Vocabulary. */
export type AuditEvent =
  /** A sign-in succeeded or failed; also a machine's rejected key or certificate. */
  | 'authn_login_success'
  | 'authn_login_fail'
  /** Credentials of a user, a session, or one token were revoked. */
  | 'authn_token_revoked'
  /** A session's tokens were refreshed, or could not be. */
  | 'session_renewed'
  | 'session_renew_fail'
  /** A session ended; `reason` says why. */
  | 'session_expired'
  /** A request was refused: 401, 403, or suspected cross-site forgery. */
  | 'authz_fail'

/**
 * Details of an event. No field can hold a cookie, a token or a key: other fields are dropped, and identifiers are
 * sanitized like all outside text.
 */
export interface AuditFacts {
  /** The request; its trace id, address, method and route are logged. */
  readonly exchange?: Pick<Exchange, 'traceId' | 'address' | 'method'> | undefined
  /** The subject; user id, client, kind of proof and session id are logged. */
  readonly identity?: Pick<Identity, 'user' | 'client' | 'by' | 'sessionId'> | undefined
  /** `sub`, if there is no identity. */
  readonly user?: string | undefined
  /** The OAuth client or the machine, if there is no identity. */
  readonly client?: string | undefined
  /** The `sid`, if there is no identity. Never the cookie. */
  readonly session?: string | undefined
  /** The `jti`. */
  readonly tokenId?: string | undefined
  /** The route's pattern, never the path. */
  readonly route?: string | undefined
  /** Lower-case words joined by `-`, e.g. a problem code. Anything else is logged as `unspecified`. */
  readonly reason?: string | undefined
  /** The check that a suspected forgery failed: `origin`, `fetch-metadata` or `header`. */
  readonly signal?: string | undefined
}

export type Audit = (event: AuditEvent, facts: AuditFacts) => void

/**
 * The audit log: one line per event in a child of `log`, whatever the app's log level. Lines carry `audit: <event>`, so
 * that they can be filtered and stored separately.
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
