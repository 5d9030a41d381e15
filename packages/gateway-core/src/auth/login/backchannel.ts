import type { IncomingMessage } from 'node:http'
import type { Handler } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import { readBytes } from '../../receive.ts'
import { KeysUnavailable } from '../jwt/keys.ts'
import { LogoutTokenError, type LogoutOrder } from './logout-token.ts'
import type { Sessions } from '../session/session.ts'
import { identityUnavailable } from '../unavailable.ts'

/** A form with a token of the longest kind, and then some. */
const MAX_BODY = 16_384

export interface BackchannelOptions {
  readonly sessions: Pick<Sessions, 'endAll'>
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
  ({ sessions, check }: BackchannelOptions): Handler =>
  async ({ headers, log }, req, res) => {
    try {
      const { who, forget } = await check(await tokenOf(req, headers['content-type']))
      await sessions.endAll(who, log).catch(async (error: unknown) => {
        await forget()
        throw error
      })
      res.writeHead(200, { 'cache-control': 'no-store', 'content-length': 0 }).end()
    } catch (error) {
      if (error instanceof KeysUnavailable) throw identityUnavailable(error)
      if (!(error instanceof LogoutTokenError)) throw error
      log.warn({ reason: error.message }, 'logout token refused')
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
