import { generateKeyPairSync } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { ec, ISSUER, issuer, jwk, NOW, rsa } from '../../test/issuer.ts'
import { issuerKeys, KeysUnavailable } from './keys.ts'

const one = jwk(rsa.publicKey, { kid: 'one' })
const two = jwk(ec.publicKey, { kid: 'two' })

function setUp(given?: readonly object[]) {
  const time = { now: NOW }
  const source = issuer(given)
  return { time, source, keys: issuerKeys({ issuer: ISSUER, clock: () => time.now, fetch: source.fetch }) }
}

describe('issuerKeys', () => {
  it('asks nothing before the first use, and then once for all', async () => {
    const { source, keys } = setUp([one, two])
    expect(source.requests).toBe(0)
    const found = await Promise.all(Array.from({ length: 50 }, (_, i) => keys(i % 2 === 0 ? 'one' : 'two')))
    expect(found.map((key) => key?.asymmetricKeyType)).toEqual(found.map((_, i) => (i % 2 === 0 ? 'rsa' : 'ec')))
    expect(source.requests).toBe(1)
  })

  it('fetches at most once in 30 s for ids it does not know', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    time.now += 5_000
    const strangers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => keys(`stranger-${i}`)))
    expect(new Set(strangers)).toEqual(new Set([undefined]))
    expect(source.requests).toBe(2)
    time.now += 29_000
    await keys('stranger')
    expect(source.requests).toBe(2)
    time.now += 1_000
    await keys('stranger')
    expect(source.requests).toBe(3)
  })

  it('takes a rotated key at its first use', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    time.now += 5_000
    source.keys = [two]
    expect(await Promise.all([keys('two'), keys('two')])).toEqual([expect.anything(), expect.anything()])
    expect(await keys('one')).toBeUndefined()
  })

  it('renews after 10 min beside the traffic', async () => {
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

  it('works for 1 h with what it has, and no longer', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    source.down = true
    time.now += 3_599_000
    expect(await keys('one')).toBeDefined()
    time.now += 1_000
    await expect(keys('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('does not call an id unknown while it cannot ask', async () => {
    const { time, source, keys } = setUp([one])
    await keys('one')
    source.down = true
    time.now += 60_000
    await expect(keys('new')).rejects.toBeInstanceOf(KeysUnavailable)
    await expect(keys('newer')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('recovers from an issuer that was down at first, and does not press it', async () => {
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
    ['a short RSA key', jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, { kid: 'one' })],
    ['a small exponent', { ...one, e: 'Aw' }],
    ['another curve', jwk(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, { kid: 'one' })],
    ['another type', jwk(generateKeyPairSync('ed25519').publicKey, { kid: 'one' })],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'one' }],
    ['another algorithm', { ...one, alg: 'RSA-OAEP' }],
    ['a broken key', { kty: 'RSA', kid: 'one' }],
    ['no object', null],
  ])('leaves out %s', async (_, bad) => {
    const { keys } = setUp([bad as object, two])
    expect(await keys('one')).toBeUndefined()
    expect(await keys('two')).toBeDefined()
  })

  it('leaves out keys that share one id', async () => {
    const { keys } = setUp([one, { ...two, kid: 'one' }])
    expect(await keys('one')).toBeUndefined()
  })

  it.each([
    ['another issuer', { issuer: 'https://evil.example', jwks_uri: `${ISSUER}/jwks` }],
    ['keys without TLS', { issuer: ISSUER, jwks_uri: 'http://id.example/jwks' }],
    ['no keys at all', { issuer: ISSUER }],
  ])('refuses metadata that names %s', async (_, metadata) => {
    const { source, keys } = setUp([one])
    source.metadata = metadata
    await expect(keys('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it.each([
    ['HTML', () => new Response('<html>')],
    ['an error', () => new Response('{}', { status: 500 })],
    ['no key set', () => Response.json({ keys: {} })],
    ['64 KiB and more', () => Response.json({ keys: [], padding: 'x'.repeat(65_536) })],
  ])('takes %s for an outage', async (_, answer) => {
    const { fetch } = issuer([one])
    const bent: typeof fetch = async (url, init) => (url === `${ISSUER}/jwks` ? answer() : fetch(url, init))
    await expect(issuerKeys({ issuer: ISSUER, fetch: bent })('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('does not follow where it is sent', async () => {
    const { fetch } = issuer([one])
    const moved: typeof fetch = async (url, init) => {
      if (init?.redirect === 'error') throw new TypeError('unexpected redirect')
      return fetch(url, init)
    }
    await expect(issuerKeys({ issuer: ISSUER, fetch: moved })('one')).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('waits no longer than its timeout', async () => {
    const hanging = ((_url, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
      })) as typeof fetch
    await expect(issuerKeys({ issuer: ISSUER, fetch: hanging })('one')).rejects.toMatchObject({
      cause: { name: 'TimeoutError' },
    })
  })
})
