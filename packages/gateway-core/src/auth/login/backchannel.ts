import type { IncomingMessage } from 'node:http'
import type { Handler } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import { readBytes } from '../../receive.ts'
import { KeysUnavailable } from '../jwt/keys.ts'
import { LogoutTokenError, type LogoutOrder } from './logout-token.ts'
import type { Audit } from '../audit.ts'
import type { Whose } from '../session/session-index.ts'
import type { Sessions } from '../session/session.ts'
import { identityUnavailable } from '../unavailable.ts'

/** A form with a token of the longest kind, and then some. */
const MAX_BODY = 16_384

export interface BackchannelOptions {
  readonly sessions: Pick<Sessions, 'endAll'>
  /** Whatever was issued to somebody until now, for tokens that name a person and no session. */
  readonly revokeUser?: ((sub: string) => Promise<void>) | undefined
  readonly tell: Audit
  readonly check: (token: string) => Promise<LogoutOrder>
}

/**
 * The provider tells that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0 §2.5): their sessions end
 * here. 200 also when there were none; 400 `logout-token-invalid`; 503 when the provider's keys cannot be had. Whatever
 * could not be carried out may be told again.
 *
 * There is no CSRF check here, and there must be none: it is not a browser that calls, no cookie is looked at, and what is
 * asked for is proved by a signature alone.
 */
export const backchannel =
  ({ sessions, check, revokeUser, tell }: BackchannelOptions): Handler =>
  async (exchange, req, res) => {
    const { headers, log } = exchange
    const carryOut = async (who: Whose): Promise<void> => {
      // Also a session of theirs that is just being made.
      if (who.sid === undefined && who.sub !== undefined) await revokeUser?.(who.sub)
      await sessions.endAll(who, { reason: 'back-channel', exchange })
    }
    try {
      const { who, done } = await check(await tokenOf(req, headers['content-type']))
      await carryOut(who)
      // Last: a store that fails in between must not make a used token of one that the provider will send again.
      await done()
      res.writeHead(200, { 'cache-control': 'no-store', 'content-length': 0 }).end()
    } catch (error) {
      if (error instanceof KeysUnavailable) throw identityUnavailable(error)
      if (!(error instanceof LogoutTokenError)) throw error
      log.warn({ reason: error.message }, 'logout token refused')
      tell('authz_fail', { exchange, route: '/bff/backchannel', reason: 'logout-token-invalid' })
      throw problem(400, 'logout-token-invalid', { headers: { 'cache-control': 'no-store' } })
    }
  }

/** Other fields are ignored, as the specification asks. */
async function tokenOf(req: IncomingMessage, type = ''): Promise<string> {
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(type)) throw new LogoutTokenError('no form')
  const fields = new URLSearchParams((await readBytes(req, MAX_BODY)).toString())
  const [token, ...others] = fields.getAll('logout_token')
  if (token === undefined || others.length > 0) throw new LogoutTokenError('not one token')
  return token
}
