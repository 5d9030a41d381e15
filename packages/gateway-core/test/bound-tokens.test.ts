import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { expect, it } from '@jest/globals'
import { type Configuration, Provider } from 'oidc-provider'
import { bearer } from '../src/auth.ts'
import { tokenVerifier } from '../src/token.ts'
import { exchangeOf } from './exchange.ts'
import { jwk } from './issuer.ts'
import { quietly } from './oidc.ts'
import { dpop, prover } from './prover.ts'

const audience = 'urn:api'
const client = { id: 'machine', secret: 'a-secret-of-this-test-and-nothing-else' }

/** A real provider that binds tokens to the key of whoever asks for one. */
async function boundProvider() {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = quietly(() => new Provider(issuer, configuration()))
  server.on('request', provider.callback())
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const signing = generateKeyPairSync('rsa', { modulusLength: 2048 })

const configuration = (): Configuration => ({
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: { keys: [{ ...jwk(signing.privateKey), kid: 'test', use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['a-key-of-this-test'] },
  ttl: { ClientCredentials: 300 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      getResourceServerInfo: () => ({
        scope: 'read',
        audience,
        accessTokenFormat: 'jwt',
      }),
    },
  },
})

const seconds = () => Math.floor(Date.now() / 1000)

it('N-10, N-11, N-12: a token that a real provider has bound works with a proof of its key, and with nothing less', async () => {
  await using provider = await boundProvider()
  const device = prover()
  const fresh = (more: object) => ({ jti: randomUUID(), iat: seconds(), ...more })
  const url = `${provider.issuer}/token`
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
      dpop: device.proof({ token: '', method: 'POST', url, claims: fresh({ ath: undefined }) }),
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
  })
  const { access_token: token, token_type: type } = (await response.json()) as Record<string, string>
  expect([response.status, type]).toEqual([200, 'DPoP'])

  const rules = { issuer: provider.issuer, audience }
  const authenticate = bearer({ ...rules, dpop: dpop('required-on-writes') })
  const ask = (scheme: string, more: Readonly<Record<string, string>> = {}) =>
    authenticate(
      exchangeOf({ method: 'POST', path: '/orders', headers: { authorization: `${scheme} ${token}`, ...more } }),
    )
  const proof = (nonce?: string) =>
    device.proof({ token: token!, method: 'POST', url: 'https://m.example/orders', nonce, claims: fresh({}) })
  const refused = await ask('DPoP', { dpop: proof() }).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'proof-nonce' })
  const nonce = (refused as { options: { headers: Record<string, string> } }).options.headers['dpop-nonce']
  expect(await ask('DPoP', { dpop: proof(nonce) })).toMatchObject({
    user: { id: client.id },
    client: client.id,
    by: 'bearer',
  })

  await expect(ask('Bearer')).rejects.toMatchObject({ code: 'proof-required' })
  await expect(tokenVerifier(rules)(token!)).rejects.toMatchObject({ reason: 'sender-constrained' })
  const another = prover()
  const theirs = another.proof({
    token: token!,
    method: 'POST',
    url: 'https://m.example/orders',
    nonce,
    claims: fresh({}),
  })
  await expect(ask('DPoP', { dpop: theirs })).rejects.toMatchObject({ code: 'proof-invalid' })
})
