import type { Logger } from '@bff/service-kit'
import { errors, type Interaction, type InteractionResults, type Provider } from 'oidc-provider'
import type { Accounts } from './accounts.ts'
import { people } from './data.ts'
import { readForm } from './form.ts'
import { grantAll } from './grant.ts'
import type { Middleware } from './headers.ts'
import { loginPage, messagePage } from './pages.ts'

type Context = Parameters<Middleware>[0]

export interface LoginOptions {
  readonly provider: Provider
  readonly accounts: Accounts
  readonly log: Logger
}

/** What the provider wants to know from a person: who they are. */
export const login =
  (options: LoginOptions): Middleware =>
  async (ctx, next) => {
    const [, path, cancel] = /^(\/interaction\/[\w-]+)(\/cancel)?$/.exec(ctx.path) ?? []
    if (path === undefined) {
      await next()
      return
    }
    ctx.set('cache-control', 'no-store')
    try {
      const interaction = await options.provider.interactionDetails(ctx.req, ctx.res)
      const result = cancel === undefined ? await resolve(options, ctx, interaction, path) : cancelled
      if (result === undefined) return
      const returnTo = await options.provider.interactionResult(ctx.req, ctx.res, result)
      ctx.status = 303
      ctx.redirect(returnTo)
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error
      show(ctx, 400, messagePage('This sign-in has expired', 'Go back to where you came from, and start it again.'))
    }
  }

const cancelled = { error: 'access_denied', error_description: 'the sign-in was cancelled' }

/** Undefined: not known yet, there is a page to fill in. */
async function resolve(
  { provider, accounts, log }: LoginOptions,
  ctx: Context,
  interaction: Interaction,
  path: string,
): Promise<InteractionResults | undefined> {
  if (interaction.prompt.name === 'consent') return { consent: { grantId: await grantAll(provider, interaction) } }
  const { client_id: clientId, login_hint: hint = '' } = interaction.params as {
    client_id: string
    login_hint?: string
  }
  const client = (await provider.Client.find(clientId))?.clientName ?? clientId
  const page = { client, action: path, cancel: `${path}/cancel`, people }
  if (ctx.method !== 'POST') return show(ctx, 200, loginPage({ ...page, login: hint }))
  const form = await readForm(ctx.req)
  if (form === undefined) return ctx.throw(413)
  const name = form.get('login') ?? ''
  const account = await accounts.authenticate(name, form.get('password') ?? '')
  log.info({ clientId, sub: account?.sub }, account === undefined ? 'login refused' : 'logged in')
  if (account !== undefined) return { login: { accountId: account.sub } }
  return show(ctx, 401, loginPage({ ...page, login: name, error: 'E-mail or password is wrong.' }))
}

function show(ctx: Context, status: number, page: string): undefined {
  ctx.status = status
  ctx.type = 'html'
  ctx.body = page
}
