import { generateKeyPairSync } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { ec, ISSUER, issuer, jwk, NOW, rsa } from '../../../test/issuer.ts'
import { issuerKeys, KeysUnavailable } from './keys.ts'

const one = jwk(rsa.publicKey, { kid: 'one' })
const two = jwk(ec.publicKey, { kid: 'two' })

const even = ({ n }: { n?: string }): string => {
  const bytes = Buffer.from(n!, 'base64url')
  bytes[bytes.length - 1]! &= 0xfe
  return bytes.toString('base64url')
}

/** A 2048-bit modulus with the mark of CVE-2017-15361: modulo the product of small primes it is a power of 65537. */
function roca(): string {
  const marks = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
  const product = marks.reduce((all, prime) => all * BigInt(prime), 1n)
  const power = 65_537n ** 12_345n % product
  let modulus = ((1n << 2_047n) / product + 1n) * product + power
  if (modulus % 2n === 0n) modulus += product
  return Buffer.from(modulus.toString(16), 'hex').toString('base64url')
}

function setUp(given?: readonly object[]) {
  const time = { now: NOW }
  const source = issuer(given)
  return { time, source, keys: issuerKeys({ issuer: ISSUER, clock: () => time.now, fetch: source.fetch }) }
}

describe('issuerKeys', () => {
  it('J-12: asks nothing before the first use, and then once for all', async () => {
    const { source, keys } = setUp([one, two])
    expect(source.requests).toBe(0)
    const found = await Promise.all(Array.from({ length: 50 }, (_, i) => keys(i % 2 === 0 ? 'one' : 'two')))
    expect(found.map((key) => key?.asymmetricKeyType)).toEqual(found.map((_, i) => (i % 2 === 0 ? 'rsa' : 'ec')))
    expect(source.requests).toBe(1)
  })

  it('J-12: fetches at most once in 30 s for ids it does not know', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    time.now += 5_000
    const strangers = await Promise.all(Array.from({ length: 10_000 }, (_, i) => keys(`stranger-${i}`)))
    expect(new Set(strangers)).toEqual(new Set([undefined]))
    expect(source.requests).toBe(2)
    time.now += 29_000
    await keys('stranger')
    expect(source.requests).toBe(2)
    time.now += 1_000
    await keys('stranger')
    expect(source.requests).toBe(3)
  })

  it('J-12: takes a rotated key at its first use', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    time.now += 5_000
    source.keys = [two]
    expect(await Promise.all([keys('two'), keys('two')])).toEqual([expect.anything(), expect.anything()])
    expect(await keys('one')).toBeUndefined()
  })

  it('J-12: renews after 10 min beside the traffic', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    source.keys = [two]
    time.now += 599_999
    expect(await keys('one')).toBeDefined()
    expect(source.requests).toBe(1)
    time.now += 1
    expect(await keys('one')).toBeDefined()
    for (let turns = 0; source.requests === 1 && turns < 100; turns += 1) await setImmediate()
    expect(source.requests).toBe(2)
  })

  it('J-12: works for 1 h with what it has, and no longer', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    source.down = true
    time.now += 3_599_000
    expect(await keys('one')).toBeDefined()
    time.now += 1_000
    await expect(keys('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('J-12: waits for a renewal that is overdue, so that a key taken back while nobody asked is not used once more', async () => {
    const { time, source, keys } = setUp([one, two])
    await keys('one')
    source.keys = [two]
    time.now += 900_000
    expect(await keys('one')).toBeUndefined()
    expect(await keys('two')).toBeDefined()
    expect(source.requests).toBe(2)
  })

  it('J-12: waits for no renewal while the issuer is known to be down', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    source.down = true
    time.now += 900_000
    expect(await keys('one')).toBeDefined()
    const { requests } = source
    expect(await Promise.all([keys('one'), keys('one')])).toEqual([expect.anything(), expect.anything()])
    expect(source.requests).toBe(requests)
  })

  it('J-12: knows without waiting whether a key still holds, and renews for that too', async () => {
    const { time, source, keys } = setUp([one, two])
    const [first, second] = [(await keys('one'))!, (await keys('two'))!]
    expect([keys.holds('one', first), keys.holds('one', second), keys.holds('three', first)]).toEqual([
      true,
      false,
      false,
    ])
    source.keys = [jwk(rsa.publicKey, { kid: 'one' })]
    time.now += 600_000
    expect([keys.holds('one', first), keys.holds('two', second)]).toEqual([true, true])
    for (let turns = 0; keys.holds('two', second) && turns < 100; turns += 1) await setImmediate()
    expect([keys.holds('one', first), keys.holds('two', second)]).toEqual([true, false])
    expect(source.requests).toBe(2)
    time.now += 900_000
    expect(keys.holds('one', first)).toBe(false)
  })

  it('J-12: finds keys where it is told, without discovery', async () => {
    const source = issuer([one])
    const keys = issuerKeys({ issuer: ISSUER, jwksUrl: `${ISSUER}/jwks`, clock: () => NOW, fetch: source.fetch })
    expect(await keys('one')).toBeDefined()
    expect(source.requests).toBe(0)
  })

  it('J-11: gives a key for the algorithm that it is for, and asks for no other', async () => {
    const { source, keys } = setUp([{ ...one, alg: 'PS256' }, two])
    expect(await keys('one', 'PS256')).toBeDefined()
    expect(await keys('one', 'RS256')).toBeUndefined()
    expect(await keys('two', 'ES256')).toBeDefined()
    expect(source.requests).toBe(1)
  })

  it('J-12: does not call an id unknown while it cannot ask', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    source.down = true
    time.now += 60_000
    await expect(keys('new')).rejects.toBeInstanceOf(KeysUnavailable)
    await expect(keys('newer')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('J-12: recovers from an issuer that was down at first, and does not press it', async () => {
    const { time, source, keys } = setUp([one])
    source.down = true
    await expect(keys('one')).rejects.toBeInstanceOf(KeysUnavailable)
    await expect(keys('one')).rejects.toBeInstanceOf(KeysUnavailable)
    expect(source.requests).toBe(1)
    source.down = false
    time.now += 1_000
    expect(await keys('one')).toBeDefined()
  })

  it.each([
    ['an encryption key', { ...one, use: 'enc' }],
    ['another key operation', { ...one, key_ops: ['encrypt'] }],
    ['key operations as text', { ...one, key_ops: 'verify' }],
    ['a use that is none', { ...one, use: ['sig'] }],
    ['an id that no header may have', { ...one, kid: '../one' }],
    ['an id that is no text', { ...one, kid: 1 }],
    ['a private key', { ...jwk(rsa.privateKey), kid: 'one' }],
    ['an RSA key of 512 bits', jwk(generateKeyPairSync('rsa', { modulusLength: 512 }).publicKey, { kid: 'one' })],
    ['the exponent 1', { ...one, e: 'AQ' }],
    ['an even modulus', { ...one, n: even(one) }],
    ['a modulus that can be factored (ROCA)', { ...one, n: roca() }],
    ['a modulus of 16 384 bits', { ...one, n: Buffer.alloc(2_048, 0xff).toString('base64url') }],
    ['a point off the curve', { ...two, kid: 'one', y: Buffer.alloc(32, 1).toString('base64url') }],
    ['another type than it says', { ...two, kid: 'one', kty: 'RSA' }],
    ['text', 'a key'],
    ['a list', [one]],
    ['a short RSA key', jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, { kid: 'one' })],
    ['the exponent 3', { ...one, e: 'Aw' }],
    ['another curve', jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, { kid: 'one' })],
    ['another type', jwk(generateKeyPairSync('ed25519').publicKey, { kid: 'one' })],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'one' }],
    ['another algorithm', { ...one, alg: 'RSA-OAEP' }],
    ['a broken key', { kty: 'RSA', kid: 'one' }],
    ['no object', null],
  ])('J-11, J-12: leaves out %s', async (_, bad) => {
    const { keys } = setUp([bad as object, two])
    expect(await keys('one')).toBeUndefined()
    expect(await keys('two')).toBeDefined()
  })

  it('J-12: leaves out keys that share one id', async () => {
    const { keys } = setUp([one, { ...two, kid: 'one' }])
    expect(await keys('one')).toBeUndefined()
  })

  it.each([
    ['another issuer', { issuer: 'https://evil.example', jwks_uri: `${ISSUER}/jwks` }],
    ['keys without TLS', { issuer: ISSUER, jwks_uri: 'http://id.example/jwks' }],
    ['no keys at all', { issuer: ISSUER }],
  ])('J-12: refuses metadata that names %s', async (_, metadata) => {
    const { source, keys } = setUp([one])
    source.metadata = metadata
    await expect(keys('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it.each([
    ['HTML', () => new Response('<html>')],
    ['an error', () => new Response('{}', { status: 500 })],
    ['no key set', () => Response.json({ keys: {} })],
    ['64 KiB and more', () => Response.json({ keys: [], padding: 'x'.repeat(65_536) })],
    ['5 MB', () => new Response('x'.repeat(5_000_000))],
    ['nothing', () => new Response(null, { status: 204 })],
    ['a number', () => new Response('1')],
  ])('J-12: takes %s for an outage', async (_, answer) => {
    const { fetch } = issuer([one])
    const bent: typeof fetch = async (url, init) => (url === `${ISSUER}/jwks` ? answer() : fetch(url, init))
    await expect(issuerKeys({ issuer: ISSUER, fetch: bent })('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('J-12: does not follow where it is sent', async () => {
    const { fetch } = issuer([one])
    const moved: typeof fetch = async (url, init) => {
      if (init?.redirect === 'error') throw new TypeError('unexpected redirect')
      return fetch(url, init)
    }
    await expect(issuerKeys({ issuer: ISSUER, fetch: moved })('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('J-12: waits no longer than its timeout', async () => {
    const hanging = ((_url, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
      })) as typeof fetch
    await expect(issuerKeys({ issuer: ISSUER, fetch: hanging })('one')).rejects.toMatchObject({
      cause: { name: 'TimeoutError' },
    })
  })
})
