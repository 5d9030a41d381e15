import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import jwt from 'jsonwebtoken'
import { silent } from '../../../test/exchange.ts'
import type { Identity } from '../../exchange.ts'
import { signedInAs } from '../../testing.ts'
import { internalTokens } from './internal-tokens.ts'
import { newKeyRing } from './key-ring.ts'

const NOW = 1_700_000_000_250

function setUp() {
  const time = { now: NOW }
  const keys = newKeyRing()
  const { mint, keySet } = internalTokens({ name: 'web-bff', keys, log: silent, clock: () => time.now })
  return { time, keys, mint, keySet }
}

const claimsIn = (token: string) => jwt.decode(token) as Record<string, unknown>

const ada = signedInAs('cus_ada', {
  user: {
    id: 'cus_ada',
    scopes: new Set(['openid', 'shop']),
    claims: { name: 'Ada', email: 'ada@shop.example', groups: ['admin'] },
  },
  client: 'mobile',
  sessionId: 's1',
  tokenId: 'secret-jti',
  authenticatedAt: 1_699_999_999_900,
  acr: 'pwd',
})

describe('a token of ours', () => {
  it('says for whom, who acts, and how that was proved, to one service, for a minute', () => {
    const { mint, keys } = setUp()
    const token = mint('urn:orders', ada)
    expect(jwt.decode(token, { complete: true })).toMatchObject({
      header: { alg: 'ES256', typ: 'internal+jwt', kid: keys.kid },
    })
    expect(claimsIn(token)).toEqual({
      iss: 'urn:web-bff',
      aud: 'urn:orders',
      sub: 'cus_ada',
      client_id: 'mobile',
      scope: 'openid shop',
      act: { sub: 'web-bff' },
      auth_time: 1_699_999_999,
      acr: 'pwd',
      sid: 's1',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: 1_700_000_000,
      exp: 1_700_000_060,
    })
  })

  it('leaves out what is not known', () => {
    const claims = claimsIn(setUp().mint('urn:orders', signedInAs('u')))
    for (const name of ['auth_time', 'acr', 'sid']) expect(claims).not.toHaveProperty(name)
  })

  it('is about the program itself where there is nobody, and then nobody acts', () => {
    const claims = claimsIn(setUp().mint('urn:orders'))
    expect(claims).toMatchObject({ iss: 'urn:web-bff', aud: 'urn:orders', sub: 'web-bff', client_id: 'web-bff' })
    expect(claims).not.toHaveProperty('act')
    expect(claims).not.toHaveProperty('scope')
  })

  it('is never made about nobody', () => {
    expect(() => setUp().mint('urn:orders', signedInAs(''))).toThrow('empty user id')
  })

  it('can be checked with what is published, and with no other key', () => {
    const { mint, keySet } = setUp()
    const publicKey = (set: typeof keySet) => createPublicKey({ key: set.keys[0] as JsonWebKey, format: 'jwk' })
    const check = (set: typeof keySet) =>
      jwt.verify(mint('urn:orders', ada), publicKey(set), { algorithms: ['ES256'], clockTimestamp: NOW / 1_000 })
    expect(check(keySet)).toMatchObject({ sub: 'cus_ada' })
    expect(() => check(setUp().keySet)).toThrow('invalid signature')
  })
})

describe('made once', () => {
  it('for all that is equal in what it says, until it has less than 20 s to live', () => {
    const { mint, time } = setUp()
    const first = mint('urn:orders', ada)
    time.now = 1_700_000_039_999
    expect(mint('urn:orders', { ...ada, tokenId: 'other', issuedAt: 7, expiresAt: 8 })).toBe(first)
    time.now = 1_700_000_040_000
    const next = mint('urn:orders', ada)
    expect(claimsIn(next)).toMatchObject({ iat: 1_700_000_040, exp: 1_700_000_100 })
    expect(claimsIn(next)['jti']).not.toBe(claimsIn(first)['jti'])
    expect(mint('urn:orders', ada)).toBe(next)
  })

  const others: [string, Partial<Identity>][] = [
    ['user', { user: { ...ada.user, id: 'cus_grace' } }],
    ['scope', { user: { ...ada.user, scopes: new Set(['openid']) } }],
    ['client', { client: 'web' }],
    ['session', { sessionId: 's2' }],
    ['time of the proof', { authenticatedAt: 1_699_999_000_000 }],
    ['proof', { acr: 'phr' }],
  ]
  it.each(others)('and anew for another %s', (_, change) => {
    const { mint } = setUp()
    const first = mint('urn:orders', ada)
    expect(mint('urn:orders', { ...ada, ...change })).not.toBe(first)
    expect(mint('urn:orders', ada)).toBe(first)
  })

  it('S-8: and anew for each audience', () => {
    const { mint } = setUp()
    expect(claimsIn(mint('urn:orders', ada))['aud']).toBe('urn:orders')
    expect(claimsIn(mint('urn:customers', ada))['aud']).toBe('urn:customers')
  })

  it('whatever its parts are called: no two identities read as one', () => {
    const { mint } = setUp()
    const strange = ['a', 'a","client_id":"x', 'a b', 'urn:orders a', '{"sub":"a"}']
    const tokens = strange.map((id) => mint('urn:orders', signedInAs(id)))
    expect(tokens.map((token) => claimsIn(token)['sub'])).toEqual(strange)
    expect(claimsIn(mint('urn:orders', signedInAs('web-bff')))).toMatchObject({ act: { sub: 'web-bff' } })
    expect(claimsIn(mint('urn:orders'))).not.toHaveProperty('act')
  })

  it('of 10 000 the oldest goes, however many people come', () => {
    const { mint } = setUp()
    const [first, second] = ['u0', 'u1'].map((id) => mint('urn:orders', signedInAs(id)))
    for (let nth = 2; nth <= 10_000; nth++) mint('urn:orders', signedInAs(`u${nth}`))
    expect(mint('urn:orders', signedInAs('u1'))).toBe(second)
    expect(mint('urn:orders', signedInAs('u0'))).not.toBe(first)
  })
})

it('says in the log when its key is of this run only', () => {
  const lines: object[] = []
  const log = { info: (line: object) => void lines.push(line) } as unknown as typeof silent
  const { keySet } = internalTokens({ name: 'web-bff', log })
  internalTokens({ name: 'web-bff', log, keys: newKeyRing() })
  expect(lines).toEqual([{ kid: keySet.keys[0]!.kid }])
})
