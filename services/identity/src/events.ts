import type { EventEmitter } from 'node:events'
import type { Logger } from '@bff/service-kit'
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider'

/** One line for every step of a client, and for whatever goes wrong. */
export function logEvents(provider: Provider, log: Logger): void {
  const who = ({ oidc }: KoaContextWithOIDC) => ({ clientId: oidc.client?.clientId, sub: oidc.account?.accountId })
  const refused = (ctx: KoaContextWithOIDC, { error, error_description, error_detail }: errors.OIDCProviderError) =>
    log.warn({ ...who(ctx), error, description: error_description, detail: error_detail }, 'refused')
  provider.on('authorization.success', (ctx) => log.info(who(ctx), 'authorized'))
  provider.on('grant.success', (ctx) =>
    log.info({ ...who(ctx), grant: ctx.oidc.params?.['grant_type'] }, 'tokens issued'),
  )
  provider.on('grant.revoked', (ctx) => log.info(who(ctx), 'grant revoked'))
  provider.on('end_session.success', (ctx) => log.info(who(ctx), 'signed out'))
  provider.on('authorization.error', refused)
  provider.on('grant.error', refused)
  provider.on('revocation.error', refused)
  provider.on('end_session.error', refused)
  provider.on('end_session_confirm.error', refused)
  provider.on('server_error', (_ctx, err) => log.error({ err }, 'failed'))
  // Koa's own event, which the types of the provider leave out.
  const koa: EventEmitter = provider
  koa.on('error', (err: Error & { expose?: boolean }) => {
    if (err.expose !== true) log.error({ err }, 'failed')
  })
}
