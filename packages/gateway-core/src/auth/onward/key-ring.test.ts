import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { EnvironmentError, readEnv } from '../../env.ts'
import { keyRing, newKeyRing, privateKeys } from './key-ring.ts'

const fresh = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' = 'pkcs8'): string => key.export({ format: 'pem', type }).toString()
const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more })

/** RFC 7515 §A.3. Its thumbprint below was computed by another program. */
const known = {
  kty: 'EC',
  crv: 'P-256',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

describe('a key ring', () => {
  it('signs with the first of its keys and publishes all, in PEM or as a JWK set', () => {
    const [a, b] = [fresh(), fresh()]
    const rings = [
      keyRing(pem(a) + pem(b)),
      keyRing(`${pem(a, 'sec1')}\n${pem(b)}`),
      keyRing(JSON.stringify({ keys: [jwk(a, { kid: 'x', use: 'sig' }), jwk(b)] })),
    ]
    for (const { key, kid, keySet } of rings) {
      expect(key.equals(a)).toBe(true)
      expect(keySet).toEqual(rings[0]!.keySet)
      expect(keySet.keys.map((one) => one.kid)).toEqual([kid, keyRing(pem(b)).kid])
    }
  })

  it('publishes no private half', () => {
    const text = JSON.stringify(keyRing(JSON.stringify({ keys: [known] })).keySet)
    expect(Object.keys((JSON.parse(text) as { keys: object[] }).keys[0]!).toSorted()).toEqual([
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      'y',
    ])
    expect(text).not.toContain(known.d)
  })

  it('names a key by its thumbprint (RFC 7638), in every process alike', () => {
    expect(keyRing(JSON.stringify({ keys: [known] })).kid).toBe('oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U')
    expect(newKeyRing().kid).not.toBe(newKeyRing().kid)
  })

  it.each<[string, () => string]>([
    ['nothing', () => ' '],
    ['no key', () => JSON.stringify({ keys: [] })],
    ['no set', () => JSON.stringify(known)],
    ['a public key', () => JSON.stringify({ keys: [{ ...known, d: undefined }] })],
    ['a key twice', () => pem(fresh()).repeat(2)],
    ['another curve', () => pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['RSA', () => pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
    ['a cut key', () => pem(fresh()).replace(/\n.{20}/, '\n')],
  ])('is not made of %s', (_, text) => {
    expect(() => keyRing(text())).toThrow()
  })
})

describe('WEB_BFF_KEYS', () => {
  const read = (env: Record<string, string>) => readEnv({ WEB_BFF_KEYS: privateKeys }, env).WEB_BFF_KEYS

  it('may be left out in development, and not in production', () => {
    expect(read({})).toBeUndefined()
    expect(() => read({ NODE_ENV: 'production' })).toThrow(/WEB_BFF_KEYS is not set\. It must be private keys/)
  })

  it('is read, and never shown when it is wrong', () => {
    const key = fresh()
    expect(read({ WEB_BFF_KEYS: pem(key), NODE_ENV: 'production' })?.key.equals(key)).toBe(true)
    const wrong = pem(key).replace('PRIVATE', 'SECRET')
    expect(() => read({ WEB_BFF_KEYS: wrong })).toThrow(EnvironmentError)
    expect(() => read({ WEB_BFF_KEYS: wrong })).not.toThrow(wrong.slice(40, 60))
  })
})
