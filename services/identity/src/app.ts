import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { host, type HostOptions, type Running } from '@bff/service-kit'
import type { JWK, Provider } from 'oidc-provider'
import { openAccounts } from './accounts.ts'
import { formTargets, type WebClient } from './clients.ts'
import { people } from './data.ts'
import { logEvents } from './events.ts'
import { securityHeaders } from './headers.ts'
import { signingKey } from './keys.ts'
import { login } from './login.ts'
import { openProvider } from './provider.ts'

export interface Config extends Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults'>, WebClient {
  /** Where browsers and apps find this provider. Default: localhost, at the port it listens on. */
  readonly issuer?: string
  readonly cookieSecret: string
  /** Private keys to sign with, the first one first. Default: one of this process. */
  readonly keys?: readonly JWK[]
}

export async function start({ webOrigins, webSecret, cookieSecret, ...config }: Config): Promise<Running> {
  const { log } = config
  const [accounts, keys] = await Promise.all([openAccounts(people), config.keys ?? signingKey().then((key) => [key])])
  const web = { webOrigins, webSecret }
  await using cleanup = new AsyncDisposableStack()
  // Only a listening socket knows its port, and only with its port does the provider know its name.
  const { promise, resolve } = Promise.withResolvers<RequestListener>()
  const handler = (req: IncomingMessage, res: ServerResponse) => void promise.then((answer) => answer(req, res))
  const running = cleanup.use(await host({ ...config, name: 'identity', portVariable: 'IDENTITY_PORT', handler }))
  const { issuer = `http://localhost:${running.port}` } = config
  const provider = await openProvider({ ...web, issuer, accounts, keys, cookieSecret })
  provider.use(securityHeaders(formTargets(web)))
  provider.use(login({ provider, accounts, log }))
  logEvents(provider, log)
  log.warn({ issuer }, 'sessions, grants and generated keys are in memory only and end with this process')
  resolve(addressedAs(issuer, provider))
  cleanup.move()
  return running
}

/** Every address the provider gives out is built on the issuer, however it was reached and whatever a request claims. */
function addressedAs(issuer: string, provider: Provider): RequestListener {
  const answer = provider.callback()
  const { protocol, host } = new URL(issuer)
  return (req, res) => {
    req.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    req.headers['x-forwarded-host'] = host
    void answer(req, res)
  }
}
