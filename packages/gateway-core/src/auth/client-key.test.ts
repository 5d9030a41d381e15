import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { readEnv } from '../env.ts'
import { clientKey, clientPrivateKey } from './client-key.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = (key: { export(options: object): string | Buffer }): string =>
  String(key.export({ format: 'pem', type: 'pkcs8' }))

/** The provider's request, and what was signed in it. */
async function proofOf(text: string, kid?: string) {
  const body = new URLSearchParams()
  await Promise.resolve(
    clientKey(text, kid)({ issuer: 'https://id.example' }, { client_id: 'web' }, body, new Headers()),
  )
  const [header = '', payload = '', signature = ''] = body.get('client_assertion')!.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return {
    header: read(header),
    claims: read(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

describe('clientKey', () => {
  it.each([
    ['ES256', ec],
    ['RS256', rsa],
  ] as const)(
    'S-9: signs with %s, for this issuer, for a minute, each time anew',
    async (alg, { privateKey, publicKey }) => {
      const [one, other] = [await proofOf(pem(privateKey)), await proofOf(pem(privateKey))]
      expect(one.header).toEqual({ alg })
      expect(one.claims).toMatchObject({ iss: 'web', sub: 'web', aud: 'https://id.example' })
      expect(Number(one.claims['exp']) - Number(one.claims['iat'])).toBeLessThanOrEqual(60)
      expect(one.claims['jti']).not.toBe(other.claims['jti'])
      expect(verify('sha256', one.signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, one.signature)).toBe(true)
    },
  )

  it('reads a JWK, and calls it by its name', async () => {
    const jwk = ec.privateKey.export({ format: 'jwk' })
    expect((await proofOf(JSON.stringify({ ...jwk, kid: 'mine' }))).header).toEqual({ alg: 'ES256', kid: 'mine' })
    expect((await proofOf(JSON.stringify(jwk))).header).toEqual({ alg: 'ES256' })
    expect((await proofOf(pem(ec.privateKey), 'named')).header).toEqual({ alg: 'ES256', kid: 'named' })
  })

  const { d: _, ...open } = ec.privateKey.export({ format: 'jwk' })
  it.each([
    ['a key on another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['a short key', pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey)],
    ['a key of another kind', pem(generateKeyPairSync('ed25519').privateKey)],
    ['a public key', String(ec.publicKey.export({ format: 'pem', type: 'spki' }))],
    ['a public JWK', JSON.stringify(open)],
    ['an empty JWK', '{}'],
    ['nothing', ''],
    ['something else, which is not repeated', 'hunter2'],
  ])('refuses %s', (_case, text) => {
    expect(() => clientKey(text)).toThrow(/^clientKey must be /)
    expect(() => clientKey(text)).not.toThrow(/hunter2/)
  })
})

describe('clientPrivateKey', () => {
  const read = (KEY?: string) => readEnv({ KEY: clientPrivateKey }, { KEY, NODE_ENV: 'production' }).KEY

  it('is a key that signs, or none', () => {
    expect([read(), read('')]).toEqual(['', ''])
    expect(read(pem(rsa.privateKey))).toBe(pem(rsa.privateKey))
  })

  it('is refused with the other faults of the environment, and not shown', () => {
    for (const wrong of ['hunter2', pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey)]) {
      expect(() => read(wrong)).toThrow(/KEY: its value is invalid\. It must be a private key/)
      expect(() => read(wrong)).not.toThrow(/hunter2|BEGIN/)
    }
  })
})
