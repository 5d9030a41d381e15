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
  /** Where browsers and apps find this provider. Default: localhost, at the port it listens on. */
  readonly issuer?: string
  readonly cookieSecret: string
  /** Private keys: the one that signs, the next one, those that signed before. What is missing is made. */
  readonly keys?: readonly JWK[]
  /** Milliseconds in which a refresh token just used gets the same answer again; 0: never. Default 5 000, which is the most. */
  readonly refreshGrace?: number
  readonly lifetimes?: Lifetimes
  /** Proxies before it (addresses, CIDR ranges) that may say for whom they speak. Default: none. */
  readonly trustedProxies?: readonly string[]
  /** Told of every sign-in that is over, with the access tokens that still verify. It is in the log as well. */
  readonly onEnded?: (ended: Ended) => void
}

export interface Identity extends Running {
  /** Signs with the next key from now on, and publishes another one after it. In development also `POST /__keys`. */
  rotateKeys(): Promise<void>
}

export async function start(config: Config): Promise<Identity> {
  const { log } = config
  const [accounts, ring] = await Promise.all([openAccounts(people), keyRing(config)])
  await using cleanup = new AsyncDisposableStack()
  const logouts = cleanup.use(backchannel({ log }))
  // Only a listening socket knows its port, and only with its port does the provider know its name.
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
