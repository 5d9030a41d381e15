import type { RequestListener } from 'node:http'
import { host, type HostOptions, type Running } from '@bff/service-kit'
import type { JWK } from 'oidc-provider'
import { openAccounts } from './accounts.ts'
import { backchannel } from './backchannel.ts'
import type { WebClient } from './clients.ts'
import { people } from './data.ts'
import type { Ended } from './families.ts'
import { type Issuing, openIssuing } from './issuing.ts'
import { keyRing } from './key-ring.ts'
import { lifetimes, type Lifetimes } from './lifetimes.ts'

export type { Ended } from './families.ts'

export interface Config extends Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'>, WebClient {
  /** The provider's address for browsers and apps. Default: localhost, at its port. */
  readonly issuer?: string
  readonly cookieSecret: string
  /** Private keys: the current one, the next one, then former ones. Missing ones are generated. */
  readonly keys?: readonly JWK[]
  /** Milliseconds for which a refresh token just used gets the same response again; 0: never. Default and maximum 5 000. */
  readonly refreshGrace?: number
  readonly lifetimes?: Lifetimes
  /** Proxies in front (addresses, CIDR ranges) whose forwarding headers are trusted. Default: none. */
  readonly trustedProxies?: readonly string[]
  /** Called for every sign-in that ends, with its access tokens that are still valid. The log has it as well. */
  readonly onEnded?: (ended: Ended) => void
}

export interface Identity extends Running {
  /** Switches to the next key and publishes its successor. In development also `POST /__keys`. */
  rotateKeys(): Promise<void>
}

export async function start(config: Config): Promise<Identity> {
  const { log } = config
  const [accounts, ring] = await Promise.all([openAccounts(people), keyRing(config)])
  await using cleanup = new AsyncDisposableStack()
  const logouts = cleanup.use(backchannel({ log }))
  // The issuer's URL contains the port, which is unknown until the socket listens.
  const { promise, resolve } = Promise.withResolvers<Issuing>()
  const rotateKeys = async () => (await promise).rotateKeys()
  const answer: RequestListener = (req, res) => void promise.then((issuing) => issuing.answer(req, res))
  const rotating: RequestListener = (req, res) => {
    if (req.url !== '/__keys' || req.method !== 'POST') return answer(req, res)
    void rotateKeys().then(() => res.writeHead(204).end())
  }
  const running = cleanup.use(
    await host({
      ...config,
      name: 'identity',
      portVariable: 'IDENTITY_PORT',
      handler: config.faults ? rotating : answer,
      close: async () => logouts[Symbol.asyncDispose](),
    }),
  )
  const { issuer = `http://localhost:${running.port}` } = config
  const defaults = { refreshGrace: 5_000, lifetimes }
  resolve(await openIssuing({ ...defaults, ...config, issuer, accounts, ring, backchannel: logouts }))
  log.warn({ issuer }, 'sessions, grants and generated keys are in memory only and end with this process')
  cleanup.move()
  return { ...running, rotateKeys }
}
