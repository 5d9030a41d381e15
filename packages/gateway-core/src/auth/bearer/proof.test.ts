import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { jwk, NOW, rsa } from '../../../test/issuer.ts'
import { prover, type Shown } from '../../../test/prover.ts'
import { memoryStore } from '../../state/memory.ts'
import { proofChecker, ProofError, thumbprint } from './proof.ts'

const access = 'the.access.token'
const client = prover()
const other = prover()

function setUp(store = memoryStore({ clock: () => NOW })) {
  const time = { now: NOW }
  const options = { publicUrl: 'https://m.example', store, secrets: ['a-secret-of-this-test-and-nothing-else'] }
  const { check, nonce } = proofChecker(options, () => time.now)
  const ask = async (dpop: string | string[] | undefined, method = 'GET', path = '/m/v1/cart') =>
    check({ method, path, headers: dpop === undefined ? {} : { dpop } }, access, client.jkt).then(
      () => 'accepted',
      (error: unknown) => (error instanceof ProofError ? error.reason : error),
    )
  const good = (more: Partial<Shown> = {}) => client.proof({ token: access, nonce: nonce(), ...more })
  return { time, store, ask, good, nonce }
}

describe('a proof', () => {
  it.each<[string, Partial<Shown>]>([
    ['plain', {}],
    ['for a URL with a query and a fragment', { url: 'https://m.example/m/v1/cart?page=2#top' }],
    ['for the same URL in capitals', { url: 'HTTPS://M.EXAMPLE:443/m/v1/cart' }],
    ['for the same URL with escapes', { url: 'https://m.example/%6d/v1/x/../cart' }],
    ['of a clock that is a little slow', { claims: { iat: NOW / 1000 - 300 } }],
    ['of a clock that is a little fast', { claims: { iat: NOW / 1000 + 299.5 } }],
  ])('N-11: is taken: %s', async (_, more) => {
    const { ask, good } = setUp()
    expect(await ask(good(more))).toBe('accepted')
  })

  it.each([
    ['RS256', rsa],
    ['PS256', rsa],
  ])('N-11: is taken with %s', async (alg, pair) => {
    const signer = prover(pair, alg)
    const { nonce } = setUp()
    const { check } = proofChecker(
      { publicUrl: 'https://m.example', store: memoryStore(), secrets: ['a-secret-of-this-test-and-nothing-else'] },
      () => NOW,
    )
    const dpop = signer.proof({ token: access, nonce: nonce() })
    await check({ method: 'GET', path: '/m/v1/cart', headers: { dpop } }, access, signer.jkt)
  })

  it.each<[string, Partial<Shown>, string]>([
    ['another type', { header: { typ: 'JWT' } }, 'type'],
    ['the type of a token', { header: { typ: 'at+jwt' } }, 'type'],
    ['no type', { header: { typ: undefined } }, 'type'],
    ['no signature', { header: { alg: 'none' } }, 'algorithm'],
    ['a shared secret', { header: { alg: 'HS256' } }, 'algorithm'],
    ['another algorithm than its key', { header: { alg: 'RS256' } }, 'signature'],
    ['no key', { header: { jwk: undefined } }, 'own-key'],
    ['a key that is none', { header: { jwk: 'key' } }, 'own-key'],
    ['its private key', { header: { jwk: jwk(client.privateKey) } }, 'own-key'],
    ['a secret as its key', { header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }, 'own-key'],
    ['the key of somebody else', { header: { jwk: other.publicJwk }, key: other.privateKey }, 'own-key'],
    ['the signature of somebody else', { key: other.privateKey }, 'signature'],
    ['the address of a key', { header: { jku: 'https://evil.example' } }, 'header'],
    ['critical members', { header: { crit: ['x'], x: 1 } }, 'header'],
    ['another method', { method: 'POST' }, 'target'],
    ['the method in another case', { method: 'get' }, 'target'],
    ['no method', { claims: { htm: undefined } }, 'target'],
    ['another path', { url: 'https://m.example/m/v1/cart/' }, 'target'],
    ['a path that only looks the same', { url: 'https://m.example/m%2fv1/cart' }, 'target'],
    ['another host', { url: 'https://evil.example/m/v1/cart' }, 'target'],
    ['another port', { url: 'https://m.example:8443/m/v1/cart' }, 'target'],
    ['the URL behind the proxy', { url: 'http://m.example/m/v1/cart' }, 'target'],
    ['somebody in the URL', { url: 'https://m.example@m.example/m/v1/cart' }, 'target'],
    ['a path for a URL', { url: '/m/v1/cart' }, 'target'],
    ['no URL', { claims: { htu: undefined } }, 'target'],
    ['another token', { token: 'another' }, 'other-token'],
    ['no token', { claims: { ath: undefined } }, 'other-token'],
    ['no id', { claims: { jti: undefined } }, 'token-id'],
    ['an id that is no text', { claims: { jti: 1 } }, 'token-id'],
    ['no time', { claims: { iat: undefined } }, 'time'],
    ['a time in text', { claims: { iat: String(NOW / 1000) } }, 'time'],
    ['a time long ago', { claims: { iat: NOW / 1000 - 301 } }, 'time'],
    ['a time to come', { claims: { iat: NOW / 1000 + 301 } }, 'time'],
    ['no nonce', { nonce: undefined }, 'nonce'],
    ['a nonce of its own', { nonce: 'x'.repeat(30) }, 'nonce'],
  ])('N-11: is refused with %s', async (_, more, reason) => {
    const { ask, good } = setUp()
    expect(await ask(good(more))).toBe(reason)
  })

  it.each<[string, (good: string) => string | string[] | undefined, string]>([
    ['none', () => undefined, 'missing'],
    ['two in one field', (good) => `${good}, ${good}`, 'shape'],
    ['two fields', (good) => [good, good], 'missing'],
    ['two, one after the other', (good) => `${good}.${good}`, 'shape'],
    ['one in quotes', (good) => `"${good}"`, 'shape'],
    ['one of 8 KiB', (good) => good + 'A'.repeat(8_192), 'length'],
    ['one with its key twice', twiceTheKey, 'members'],
  ])('N-11: of %s is refused', async (_, change, reason) => {
    const { ask, good } = setUp()
    expect(await ask(change(good()))).toBe(reason)
  })

  it('N-11: is used once, by however many at the same time', async () => {
    const { ask, good } = setUp()
    const proof = good()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask(proof)))
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1)
    expect(new Set(outcomes)).toEqual(new Set(['accepted', 'replayed']))
  })

  it('N-11: is remembered for as long as it could be used', async () => {
    const { time, ask, good, nonce } = setUp(memoryStore({ clock: () => time.now }))
    const early = good({ claims: { iat: NOW / 1000 + 299 } })
    expect(await ask(early)).toBe('accepted')
    const outcomes = new Set<unknown>()
    for (; time.now < NOW + 700_000; time.now += 10_000) outcomes.add(await ask(early))
    expect(outcomes).toEqual(new Set(['replayed', 'nonce', 'time']))
    expect(nonce()).toEqual(expect.any(String))
  })

  it('N-11: is not refused because a forged one had its id', async () => {
    const { ask, good } = setUp()
    const claims = { jti: 'the same' }
    expect(await ask(good({ claims, key: other.privateKey }))).toBe('signature')
    expect(await ask(good({ claims }))).toBe('accepted')
  })

  it('N-11: tells nothing while the store is down or silent', async () => {
    const down = { ...memoryStore(), set: () => Promise.reject(new Error('down')) }
    const { ask, good } = setUp(down)
    expect(await ask(good())).toEqual(new Error('down'))
    const silent = setUp({ ...memoryStore(), local: false, set: () => new Promise<boolean>(() => undefined) })
    expect(await silent.ask(silent.good())).toMatchObject({ message: expect.stringContaining('no answer within') })
  })
})

function twiceTheKey(good: string): string {
  const [head = '', ...rest] = good.split('.')
  const json = Buffer.from(head, 'base64url')
    .toString()
    .replace('{', `{"jwk":${JSON.stringify(other.publicJwk)},`)
  return [Buffer.from(json).toString('base64url'), ...rest].join('.')
}

describe('thumbprint', () => {
  it('is that of RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    expect(thumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    )
  })
})

describe('proofs are not taken', () => {
  const secrets = ['a-secret-of-this-test-and-nothing-else']
  const store = memoryStore()
  it.each([
    ['for a path', { publicUrl: 'https://m.example/m', store, secrets }],
    ['with a short secret', { publicUrl: 'https://m.example', store, secrets: [...secrets, 'short'] }],
    ['without a secret', { publicUrl: 'https://m.example', store, secrets: [] }],
  ])('%s', (_, options) => {
    expect(() => proofChecker(options, Date.now)).toThrow(TypeError)
  })
})

it('N-11: an Ed25519 key cannot be checked and is refused', async () => {
  const { ask, good } = setUp()
  const pair = generateKeyPairSync('ed25519')
  const header = { alg: 'EdDSA', jwk: jwk(pair.publicKey) }
  expect(await ask(good({ header, key: pair.privateKey }))).toBe('algorithm')
})
