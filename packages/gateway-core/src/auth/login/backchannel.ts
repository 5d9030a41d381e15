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

/** Fits a form with a token of maximum length. */
const MAX_BODY = 16_384

export interface BackchannelOptions {
  readonly sessions: Pick<Sessions, 'endAll'>
  /** Revokes everything issued to a user until now, for tokens that name a user and no session. */
  readonly revokeUser?: ((sub: string) => Promise<void>) | undefined
  readonly tell: Audit
  readonly check: (token: string) => Promise<LogoutOrder>
}

/**
 * The provider reports a sign-out (OpenID Connect Back-Channel Logout 1.0 §2.5): the user's sessions end here. 200 even
 * if there were none; 400 `logout-token-invalid`; 503 if the provider's keys are unavailable. After a failure the
 * provider may send the token again.
 *
 * There must be no CSRF check here: the caller is not a browser, no cookie is read, and a signature alone authorizes
 * the request.
 */
export const backchannel =
  ({ sessions, check, revokeUser, tell }: BackchannelOptions): Handler =>
  async (exchange, req, res) => {
    const { headers, log } = exchange
    const carryOut = async (who: Whose): Promise<void> => {
      // Also covers a session that is being created right now.
      if (who.sid === undefined && who.sub !== undefined) await revokeUser?.(who.sub)
      await sessions.endAll(who, { reason: 'back-channel', exchange })
    }
    try {
      const { who, done } = await check(await tokenOf(req, headers['content-type']))
      await carryOut(who)
      // Last: if the store fails in between, the token must stay unused, because the provider will send it again.
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

/** Other fields are ignored, as the specification requires. */
async function tokenOf(req: IncomingMessage, type = ''): Promise<string> {
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(type)) throw new LogoutTokenError('no form')
  const fields = new URLSearchParams((await readBytes(req, MAX_BODY)).toString())
  const [token, ...others] = fields.getAll('logout_token')
  if (token === undefined || others.length > 0) throw new LogoutTokenError('not one token')
  return token
}
