import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { signingKey } from '../src/keys.ts'
import { Browser } from './browser.ts'
import { launch, startProgram } from './program.ts'
import { receiver } from './receiver.ts'
import { clientsOf, failure, logIn, web } from './shop.ts'
import { assertion, ecKey } from './sign.ts'
import { verified } from './verified.ts'

const productive = {
  NODE_ENV: 'production',
  IDENTITY_PORT: '0',
  IDENTITY_URL: 'https://id.example',
  IDENTITY_COOKIE_SECRET: 'a-cookie-secret-of-this-test-and-nothing-else',
  WEB_PUBLIC_URL: 'https://shop.example',
  WEB_CLIENT_SECRET: 'a-secret-of-this-test-and-nothing-else',
}

describe('the program', () => {
  it('knows web-bff by the keys it is given, which the secret then is none of (RFC 7523, RFC 9700 §2.5)', async () => {
    const key = ecKey()
    await using program = await startProgram({ WEB_CLIENT_KEYS: JSON.stringify({ keys: [key.publicJwk] }) })
    const { issuer } = program
    const clients = clientsOf(issuer)
    const browser = new Browser()
    const answer = await logIn(browser, await browser.follow(clients.authorization('web')))
    const redeem = (proof: Readonly<Record<string, string>>) =>
      fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: new URL(answer.url).searchParams.get('code')!,
          redirect_uri: `${web}/bff/callback`,
          code_verifier: 'a-verifier-that-is-long-enough-for-RFC-7636-',
          ...proof,
        }),
      })
    const inAnHour = Math.floor(Date.now() / 1_000) + 3_600
    for (const proof of [
      assertion(ecKey(), issuer),
      assertion(key, 'https://another.example'),
      assertion(key, `${issuer}/token`),
      assertion(key, issuer, { exp: inAnHour }),
      assertion(key, issuer, { jti: undefined }),
      assertion(key, issuer, { iss: 'mobile', sub: 'mobile' }),
    ]) {
      expect(await failure(await redeem(proof))).toEqual([401, 'invalid_client'])
    }
    expect(await failure(await clients.redeem('web', answer))).toEqual([401, 'invalid_client'])
    const good = assertion(key, issuer)
    expect((await redeem(good)).status).toBe(200)
    expect(await failure(await redeem(good))).toEqual([401, 'invalid_client'])
  })

  it('tells web-bff that a person has signed out, at an address of this machine too', async () => {
    await using told = await receiver(200)
    await using program = await startProgram({ WEB_BACKCHANNEL_URL: told.url })
    const browser = new Browser()
    await clientsOf(program.issuer).signIn('web', browser)
    await browser.submit(await browser.follow(`${program.issuer}/session/end`), { logout: 'yes' })
    expect(told.told).toHaveLength(1)
    expect(await verified(told.told[0]!.token, program.issuer)).toMatchObject({ aud: 'web', sub: 'cus_ada' })
  })

  it('signs with the keys of a file, in their order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'identity-'))
    try {
      const keys = await Promise.all([signingKey(), signingKey(), signingKey()])
      await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys }))
      await using program = await startProgram({ IDENTITY_KEYS_FILE: join(folder, 'keys.json') })
      const published = (await (await fetch(`${program.issuer}/jwks`)).json()) as { keys: { n: string; d?: string }[] }
      expect(published.keys.map(({ n, d }) => [n, d])).toEqual(keys.map(({ n }) => [n, undefined]))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each([
    ['a back channel that anybody can listen to', { WEB_BACKCHANNEL_URL: 'http://web-bff:4000/bff/backchannel' }],
    ['web-bff on plain http', { WEB_PUBLIC_URL: 'http://shop.example' }],
  ])('does not start in production with %s', async (_case, more) => {
    const { exit, complaint } = launch({ ...productive, ...more })
    expect([await exit, await complaint]).toEqual([1, expect.stringMatching(/WEB_BACKCHANNEL_URL: .* must be https/)])
  })

  it.each([
    ['a private key for web-bff', 'WEB_CLIENT_KEYS', async () => ({ keys: [await signingKey()] })],
    ['a public key to sign with', 'IDENTITY_KEYS', async () => ({ keys: [ecKey().publicJwk] })],
    ['no key set', 'IDENTITY_KEYS', async () => 'no-set-at-all'],
  ])('does not start with %s, and does not repeat it', async (_case, name, keys) => {
    const value = JSON.stringify(await keys())
    const { exit, complaint } = launch({ IDENTITY_PORT: '0', [name]: value })
    expect(await exit).toBe(1)
    expect(await complaint).toContain(`${name}: its value is invalid. It must be a JSON Web Key Set`)
    expect(await complaint).not.toContain(value.slice(1, -1))
  })
})
