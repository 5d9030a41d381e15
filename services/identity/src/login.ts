import { clientAddress, limitKey } from '@bff/gateway-core/server'
import type { Logger } from '@bff/service-kit'
import { errors, type Interaction, type InteractionResults, type Provider } from 'oidc-provider'
import type { Accounts } from './accounts.ts'
import { attempts } from './attempts.ts'
import { formTarget } from './clients.ts'
import { people } from './data.ts'
import { readForm } from './form.ts'
import { grantAll } from './grant.ts'
import { contentPolicy, type Middleware } from './headers.ts'
import { type LoginPage, loginPage, messagePage } from './pages.ts'
import { acr, wantsAgain } from './proof.ts'
import { isWebView } from './web-view.ts'

type Context = Parameters<Middleware>[0]

export interface LoginOptions {
  readonly accounts: Accounts
  readonly log: Logger
  readonly trustedProxies?: readonly string[] | undefined
}

interface Visit {
  readonly provider: Provider
  readonly ctx: Context
  readonly interaction: Interaction
  /** Path of the page. */
  readonly path: string
}

type Resolve = (visit: Visit) => Promise<InteractionResults | undefined>

/** The login and consent step of the provider. */
export function login(options: LoginOptions): (provider: Provider) => Middleware {
  const logIn = loggingIn(options)
  return (provider) => async (ctx, next) => {
    const [, path, cancel] = /^(\/interaction\/[\w-]+)(\/cancel)?$/.exec(ctx.path) ?? []
    if (path === undefined) {
      await next()
      return
    }
    ctx.set('cache-control', 'no-store')
    const refusal = refusalOf(ctx)
    if (refusal !== undefined) {
      show(ctx, 403, messagePage(...refusal))
      return
    }
    try {
      const interaction = await provider.interactionDetails(ctx.req, ctx.res)
      const visit = { provider, ctx, interaction, path }
      const result = cancel === undefined ? await resolve(visit, logIn) : cancelled
      if (result === undefined) return
      const returnTo = await provider.interactionResult(ctx.req, ctx.res, result)
      // Not 307, which would resend the password (RFC 9700 §4.12).
      ctx.status = 303
      ctx.redirect(returnTo)
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error
      show(
        ctx,
        400,
        messagePage('This sign-in has expired', 'Go back to the app or site you came from and sign in again.'),
      )
    }
  }
}

const cancelled = { error: 'access_denied', error_description: 'the sign-in was cancelled' }

/** Title and text of a refusal, if the page must not be shown. */
function refusalOf(ctx: Context): readonly [string, string] | undefined {
  if (isWebView(ctx.get('user-agent'))) {
    return ['Open this in your browser', 'An app is showing this page and could read your password.']
  }
  // A cross-site attacker knows neither the interaction's URL nor its cookie, but a same-site one could plant its own.
  const site = ctx.get('sec-fetch-site')
  if (ctx.method === 'POST' && site !== '' && site !== 'same-origin') {
    return ['Sign-in blocked', 'Another site tried to sign you in. Nothing was changed.']
  }
  return undefined
}

/** Undefined: the page to fill in has been shown. */
async function resolve(visit: Visit, logIn: Resolve): Promise<InteractionResults | undefined> {
  const { provider, interaction } = visit
  if (interaction.prompt.name === 'consent') return { consent: { grantId: await grantAll(provider, interaction) } }
  return logIn(visit)
}

function loggingIn({ accounts, log, trustedProxies }: LoginOptions): Resolve {
  const attempt = attempts()
  const addressOf = clientAddress(trustedProxies)
  return async (visit) => {
    const { ctx, interaction } = visit
    const page = await pageOf(visit, accounts)
    if (ctx.method !== 'POST') return show(ctx, 200, loginPage(page))
    const form = await readForm(ctx.req)
    if (form === undefined) return ctx.throw(413)
    const login = form.get('login') ?? ''
    const name = login.trim().toLowerCase().slice(0, 254)
    const { wait, result: account } = await attempt(name, limitKey(addressOf(ctx.req)), () =>
      accounts.authenticate(login, form.get('password') ?? ''),
    )
    const clientId = interaction.params['client_id']
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1_000)
      log.warn({ clientId, seconds }, 'login refused: too many attempts')
      ctx.set('retry-after', String(seconds))
      return show(ctx, 429, loginPage({ ...page, login, error: `Too many attempts. Wait ${seconds} seconds.` }))
    }
    log.info({ clientId, sub: account?.sub }, account === undefined ? 'login refused' : 'logged in')
    if (account === undefined) {
      return show(ctx, 401, loginPage({ ...page, login, error: 'E-mail or password is wrong.' }))
    }
    const how = wantsAgain(interaction.params) ? acr.again : acr.password
    return { login: { accountId: account.sub, acr: how, amr: ['pwd'] } }
  }
}

async function pageOf({ provider, ctx, interaction, path }: Visit, accounts: Accounts): Promise<LoginPage> {
  const { client_id: id, redirect_uri, login_hint: hint } = interaction.params as Record<string, string>
  const known = accounts.find(interaction.session?.accountId ?? '')
  ctx.set('content-security-policy', contentPolicy([formTarget(redirect_uri ?? '')]))
  return {
    client: (await provider.Client.find(id ?? ''))?.clientName ?? id ?? '',
    action: path,
    cancel: `${path}/cancel`,
    login: hint ?? known?.email ?? '',
    again: known?.name,
    people,
  }
}

function show(ctx: Context, status: number, page: string): undefined {
  ctx.status = status
  ctx.type = 'html'
  ctx.body = page
}
