import { json, signedInAs, upstream } from '@bff/gateway-core/testing'
import { internalTokens, keySetPath } from '@bff/gateway-core/token'
import { logger } from '@bff/service-kit'

export interface Issuer extends AsyncDisposable {
  readonly url: string
  /** A token for orders about this customer. */
  token(sub: string): string
}

/** The part of a BFF a service needs: its published keys and tokens. */
export async function startIssuer(): Promise<Issuer> {
  const { mint, keySet } = internalTokens({ name: 'web-bff', log: logger('web-bff', 'silent') })
  const server = await upstream((req, res) => json(res, req.url === keySetPath ? keySet : {}))
  return {
    url: server.url,
    token: (sub) => mint('urn:orders', signedInAs(sub)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
