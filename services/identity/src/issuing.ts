import type { RequestListener } from 'node:http'
import type { Logger } from '@bff/service-kit'
import type { JWK, Provider } from 'oidc-provider'
import type { Accounts } from './accounts.ts'
import type { Backchannel } from './backchannel.ts'
import { formTargets, type WebClient } from './clients.ts'
import { logEnded, logEvents } from './events.ts'
import { type Ended, families } from './families.ts'
import { securityHeaders } from './headers.ts'
import type { KeyRing } from './key-ring.ts'
import type { Lifetimes } from './lifetimes.ts'
import { login } from './login.ts'
import { memories } from './memory.ts'
import { providers } from './provider.ts'
import { rotation } from './rotation.ts'

export interface IssuingOptions extends WebClient {
  readonly issuer: string
  readonly accounts: Accounts
  readonly ring: KeyRing
  readonly backchannel: Backchannel
  readonly lifetimes: Lifetimes
  readonly refreshGrace: number
  readonly cookieSecret: string
  readonly trustedProxies?: readonly string[] | undefined
  readonly onEnded?: ((ended: Ended) => void) | undefined
  readonly log: Logger
}

export interface Issuing {
  readonly answer: RequestListener
  /** Requests in the meantime are served with the old keys. */
  rotateKeys(): Promise<void>
}

/**
 * A provider cannot change its keys, so every rotation creates a new one and hands over the state. Clients notice only by the `kid`
 * of new signatures.
 */
export async function openIssuing(options: IssuingOptions): Promise<Issuing> {
  const { issuer, ring, log } = options
  const once = rotation({ grace: options.refreshGrace })
  const open = providers({ ...options, adapter: memories(once.adapter), rotation: once })
  const watch = families((ended) => {
    logEnded(log, ended)
    options.onEnded?.(ended)
  })
  const signIn = login(options)
  const openWith = async (keys: readonly JWK[]): Promise<RequestListener> => {
    const provider = await open(keys)
    provider.use(securityHeaders(formTargets(options)))
    provider.use(signIn(provider))
    logEvents(provider, log)
    watch(provider)
    return addressedAs(issuer, provider)
  }
  let answer = await openWith(ring.keys)
  return {
    answer: (req, res) => answer(req, res),
    async rotateKeys() {
      await ring.rotate()
      answer = await openWith(ring.keys)
      log.info({ keys: ring.keys.length }, 'switched to the next signing key')
    },
  }
}

/** Builds every URL of the provider on the issuer, whatever address or headers a request used. */
function addressedAs(issuer: string, provider: Provider): RequestListener {
  const answer = provider.callback()
  const { protocol, host } = new URL(issuer)
  return (req, res) => {
    req.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    req.headers['x-forwarded-host'] = host
    void answer(req, res)
  }
}
