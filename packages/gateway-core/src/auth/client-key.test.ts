import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { clientKey } from './client-key.ts'

const pem = (key: { export(options: object): string | Buffer }): string =>
  String(key.export({ format: 'pem', type: 'pkcs8' }))

describe('clientKey', () => {
  it('reads keys on P-256 and of RSA, and names them after themselves (RFC 7638)', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { crv, kty, x, y } = ec.publicKey.export({ format: 'jwk' })
    const name = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
    expect(clientKey(pem(ec.privateKey))).toMatchObject({ kid: name, key: { extractable: false, usages: ['sign'] } })
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    expect(clientKey(pem(rsa.privateKey)).key.algorithm).toMatchObject({
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2_048,
    })
  })

  it('reads a JWK, and calls it by its own name', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = privateKey.export({ format: 'jwk' })
    expect(clientKey(JSON.stringify({ ...jwk, kid: 'mine' })).kid).toBe('mine')
    expect(clientKey(JSON.stringify(jwk)).kid).toBe(clientKey(pem(privateKey)).kid)
    const { d: _, ...open } = jwk
    for (const text of [open, {}, { ...jwk, x: 'AA' }].map((one) => JSON.stringify(one))) {
      expect(() => clientKey(text)).toThrow('clientKey must be a private key')
    }
  })

  it.each([
    ['a key on another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['a short key', pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey)],
    ['a key of another kind', pem(generateKeyPairSync('ed25519').privateKey)],
    ['a public key', String(generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }))],
    ['nothing', ''],
    ['something else, which is not repeated', 'hunter2'],
  ])('refuses %s', (_, text) => {
    expect(() => clientKey(text)).toThrow(/^clientKey must be /)
    expect(() => clientKey(text)).not.toThrow(/hunter2/)
  })
})
