import type { EventEmitter } from 'node:events'
import type { Logger } from '@bff/service-kit'
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Ended } from './families.ts'

/** Logs each step of a client and every failure. */
export function logEvents(provider: Provider, log: Logger): void {
  const who = ({ oidc }: KoaContextWithOIDC) => ({ clientId: oidc.client?.clientId, sub: oidc.account?.accountId })
  const logRefusal = (ctx: KoaContextWithOIDC, { error, error_description, error_detail }: errors.OIDCProviderError) =>
    log.warn({ ...who(ctx), error, description: error_description, detail: error_detail }, 'refused')
  provider.on('authorization.success', (ctx) => log.info(who(ctx), 'authorized'))
  provider.on('grant.success', (ctx) =>
    log.info({ ...who(ctx), grant: ctx.oidc.params?.['grant_type'] }, 'tokens issued'),
  )
  provider.on('end_session.success', (ctx) => log.info(who(ctx), 'signed out'))
  provider.on('backchannel.success', (_ctx, { clientId }, sub, sid) =>
    log.info({ clientId, sub, sid }, 'client notified of a sign-out'),
  )
  provider.on('backchannel.error', (_ctx, err, { clientId }, sub, sid) =>
    log.warn({ err, clientId, sub, sid }, 'could not notify a client of a sign-out'),
  )
  provider.on('authorization.error', logRefusal)
  provider.on('pushed_authorization_request.error', logRefusal)
  provider.on('grant.error', logRefusal)
  provider.on('revocation.error', logRefusal)
  provider.on('end_session.error', logRefusal)
  provider.on('end_session_confirm.error', logRefusal)
  provider.on('server_error', (_ctx, err) => log.error({ err }, 'failed'))
  // Koa's own event, missing from the provider's types.
  const koa: EventEmitter = provider
  koa.on('error', (err: Error & { expose?: boolean }) => {
    if (err.expose !== true) log.error({ err }, 'failed')
  })
}

/** The audit line of a sign-in that ended. After reuse of a one-time token two parties hold it; either may be the thief. */
export function logEnded(log: Logger, { by, ...ended }: Ended): void {
  if (by === 'token') log.warn({ audit: 'reuse', ...ended }, 'a one-time code or token was reused: sign-in ended')
  else log.info({ audit: 'ended', by, ...ended }, 'sign-in ended')
}
