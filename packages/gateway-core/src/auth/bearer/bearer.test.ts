import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { exchangeOf } from '../../../test/exchange.ts'
import { AUDIENCE, claims, ec, ISSUER, issuer, jwk, NOW, rsa, token } from '../../../test/issuer.ts'
import { prover } from '../../../test/prover.ts'
import type { Exchange } from '../../exchange.ts'
import { memoryStore } from '../../state/memory.ts'
import { bearer, type BearerOptions } from './bearer.ts'
import type { DpopOptions } from './bound.ts'
import { challengeTo } from './challenge.ts'

function setUp(more: Partial<BearerOptions> = {}) {
  const time = { now: NOW }
  const source = issuer()
  const authenticate = bearer({
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: () => time.now,
    fetch: source.fetch,
    ...more,
  })
  const ask = (authorization?: string, given: Partial<Exchange> = {}) =>
    authenticate(exchangeOf({ ...given, headers: { authorization, ...given.headers } }))
  return { time, source, authenticate, ask }
}

describe('bearer', () => {
  it('N-9: tells who is calling', async () => {
    const value = token(claims({ sid: 'session', auth_time: NOW / 1000 - 60, acr: 'silver' }))
    const identity = await setUp().ask(`Bearer ${value}`)
    expect(identity).toEqual({
      user: { id: 'someone', scopes: new Set(['read', 'write']), claims: expect.objectContaining(claims()) },
      by: 'bearer',
      client: 'app',
      sessionId: 'session',
      tokenId: 'a-token',
      issuedAt: NOW,
      expiresAt: NOW + 300_000,
      authenticatedAt: NOW - 60_000,
      acr: 'silver',
    })
    // The credential goes no further.
    expect(JSON.stringify(identity)).not.toContain(value)
  })

  it('N-9: does not know what no claim says', async () => {
    const identity = await setUp().ask(`Bearer ${token(claims({ scope: undefined }))}`)
    expect(identity).toMatchObject({ sessionId: undefined, authenticatedAt: undefined, acr: undefined })
    expect(identity.user.scopes).toEqual(new Set())
    const spaced = await setUp().ask(`Bearer ${token(claims({ scope: ' read  write ' }))}`)
    expect(spaced.user.scopes).toEqual(new Set(['read', 'write']))
  })

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'DPoP abc',
    ' Bearer abc',
    `Bearer\t${token(claims())}`,
    token(claims()),
  ])('N-8: takes %.20p for no token, and names no error', async (authorization) => {
    await expect(setUp().ask(authorization)).rejects.toMatchObject({
      status: 401,
      code: 'token-missing',
      options: { headers: { 'www-authenticate': `Bearer realm="${AUDIENCE}"` } },
    })
  })

  const bad = [
    'Bearer nonsense',
    `Bearer ${token(claims({ aud: 'urn:other' }))}`,
    `Bearer ${token(claims({ exp: NOW / 1000 - 60, iat: NOW / 1000 - 90 }))}`,
    `Bearer ${token(claims(), { header: { kid: 'unknown' } })}`,
    `Bearer ${token(claims(), { key: ec.privateKey })}`,
    `Bearer ${token(claims({ cnf: { jkt: 'thumbprint' } }))}`,
    `Bearer ${token(claims())}, Bearer ${token(claims())}`,
    `Bearer ${token(claims())}, DPoP ${token(claims())}`,
    `Bearer ${token(claims())} trailing`,
    `Bearer Bearer ${token(claims())}`,
    `Bearer "${token(claims())}"`,
    `Bearer ${'x'.repeat(100_000)}`,
  ]

  it.each(bad)('N-8: refuses %.30s…', async (authorization) => {
    await expect(setUp().ask(authorization)).rejects.toMatchObject({
      status: 401,
      code: 'token-invalid',
      options: { headers: { 'www-authenticate': `Bearer realm="${AUDIENCE}", error="invalid_token"` } },
    })
  })

  it('J-01: refuses all of them in the same words, and has the reason in the log alone', async () => {
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const { ask } = setUp()
    const answers = await Promise.all(
      bad.map((authorization) =>
        ask(authorization, { log }).catch((error: unknown) =>
          JSON.stringify([error, (error as { message: string }).message]),
        ),
      ),
    )
    expect(new Set(answers).size).toBe(1)
    const reasons = lines.map((line) => (JSON.parse(line) as { reason: string }).reason)
    expect(new Set(reasons)).toEqual(
      new Set(['shape', 'audience', 'expired', 'key', 'signature', 'sender-constrained', 'length']),
    )
    expect(lines.join('')).not.toMatch(/eyJ|someone/)
  })

  it('N-7: never reads a cookie, a query or a body', async () => {
    const { authenticate, ask } = setUp()
    const value = token(claims())
    expect(authenticate.reads).toEqual(['authorization'])
    const elsewhere = {
      headers: { cookie: `__Host-Http-sid=${value}; access_token=${value}` },
      search: `?access_token=${value}`,
      query: new URLSearchParams({ access_token: value }),
    }
    await expect(ask(undefined, elsewhere)).rejects.toMatchObject({ code: 'token-missing' })
  })

  it('signs nobody out because the issuer is down', async () => {
    const { source, ask } = setUp()
    source.down = true
    await expect(ask(`Bearer ${token(claims())}`)).rejects.toMatchObject({
      status: 503,
      code: 'identity-unavailable',
      options: { headers: { 'retry-after': '2' } },
    })
  })
})

describe('a verified token', () => {
  const good = `Bearer ${token(claims())}`
  const another = (i: number): string => `Bearer ${token(claims({ jti: `token-${i}` }))}`

  it('is known until it expires, and not after', async () => {
    const { time, source, ask } = setUp()
    const first = await ask(good)
    expect(await ask(good)).toBe(first)
    expect(await ask(good.toLowerCase().slice(0, 7) + good.slice(7))).toBe(first)
    source.down = true
    expect(await ask(good)).toBe(first)
    time.now += 300_000
    const again = await ask(good)
    expect(again).not.toBe(first)
    expect(await ask(good)).not.toBe(again)
    time.now += 30_000
    await expect(ask(good)).rejects.toMatchObject({ code: 'token-invalid' })
  })

  it('J-12: is refused after the next renewal when the issuer has taken its key back', async () => {
    const { time, source, ask } = setUp()
    const lasting = `Bearer ${token(claims({ exp: NOW / 1000 + 3_600 }))}`
    const first = await ask(lasting)
    source.keys = [jwk(ec.publicKey, { kid: 'two' })]
    time.now += 600_000
    expect(await ask(lasting)).toBe(first)
    for (let turns = 0; source.requests === 1 && turns < 100; turns += 1) await setImmediate()
    for (let turns = 0; turns < 20; turns += 1) await setImmediate()
    await expect(ask(lasting)).rejects.toMatchObject({ code: 'token-invalid' })
  })

  it('J-12: outlives a rotation that leaves its key, and another key under its id ends it', async () => {
    const { time, source, ask } = setUp()
    const lasting = `Bearer ${token(claims({ exp: NOW / 1000 + 3_600 }))}`
    const first = await ask(lasting)
    source.keys = [jwk(rsa.publicKey, { kid: 'one' }), jwk(ec.publicKey, { kid: 'two' })]
    time.now += 900_000
    const second = await ask(lasting)
    expect([second, await ask(lasting)]).toEqual([first, first])
    source.keys = [jwk(ec.publicKey, { kid: 'one' })]
    time.now += 900_000
    await expect(ask(lasting)).rejects.toMatchObject({ code: 'token-invalid' })
  })

  it('J-12: is no proof for longer than the issuer may be away', async () => {
    const { time, source, ask } = setUp({ maxLifetime: 86_400_000 })
    const lasting = `Bearer ${token(claims({ exp: NOW / 1000 + 86_400 }))}`
    const first = await ask(lasting)
    source.down = true
    time.now += 3_599_000
    await ask(lasting)
    expect(await ask(lasting)).toEqual(first)
    time.now += 1_000
    await expect(ask(lasting)).rejects.toMatchObject({ code: 'identity-unavailable' })
  })

  it('J-12: keeps its place however many bad ones come', async () => {
    const { ask } = setUp({ remember: { tokens: 2 } })
    const first = await ask(good)
    const [head = '', body = '', signature = ''] = good.split('.')
    for (let i = 0; i < 2_000; i += 1) {
      const forged = `${head}.${body}.${signature.slice(0, 40)}${String(i).padStart(4, '0')}${signature.slice(44)}`
      await expect(ask(forged)).rejects.toMatchObject({ code: 'token-invalid' })
    }
    expect(await ask(good)).toBe(first)
  })

  it('gives way to others, those longest unused first, by number and by size', async () => {
    for (const remember of [{ tokens: 3 }, { bytes: 12_000 }]) {
      const { ask } = setUp({ remember })
      const first = await ask(good)
      await ask(another(1))
      await ask(another(2))
      expect(await ask(good)).toBe(first)
      await ask(another(3))
      expect(await ask(good)).toBe(first)
      for (let i = 4; i < 8; i += 1) await ask(another(i))
      expect(await ask(good)).not.toBe(first)
    }
  })
})

describe('a token that is bound to a key', () => {
  const client = prover()
  const bound = token(claims({ cnf: { jkt: client.jkt } }))
  const plain = token(claims())
  const dpop = (more: Partial<DpopOptions> = {}): DpopOptions => ({
    mode: 'optional',
    publicUrl: 'https://m.example',
    store: memoryStore({ clock: () => NOW }),
    secrets: ['a-secret-of-this-test-and-nothing-else'],
    ...more,
  })
  const challengeOf = (error: unknown) => (error as { options: { headers: Record<string, string> } }).options.headers
  /** Like a client: once without a nonce, then with the one it received. */
  const prove = async ({ ask }: ReturnType<typeof setUp>, { method = 'GET', of = bound, scheme = 'DPoP' } = {}) => {
    const path = '/m/v1/cart'
    const send = (nonce?: string) =>
      ask(`${scheme} ${of}`, { method, path, headers: { dpop: client.proof({ token: of, method, nonce }) } })
    const nonce = await send().catch((error: unknown) => challengeOf(error)['dpop-nonce'])
    return send(nonce as string)
  }

  it('N-12: takes a proof with a nonce, and tells which', async () => {
    const set = setUp({ dpop: dpop() })
    const headers = { dpop: client.proof({ token: bound }) }
    const refused = await set.ask(`DPoP ${bound}`, { path: '/m/v1/cart', headers }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 401, code: 'proof-nonce' })
    expect(challengeOf(refused)).toEqual({
      'www-authenticate': `Bearer realm="${AUDIENCE}", DPoP realm="${AUDIENCE}", error="use_dpop_nonce", algs="RS256 PS256 ES256"`,
      'dpop-nonce': expect.stringMatching(/^[\w-]{30}$/),
    })
    expect(await prove(set)).toMatchObject({ user: { id: 'someone' } })
    expect(set.authenticate.reads).toEqual(['authorization', 'dpop'])
  })

  it('N-11: takes a proof with every request, though the token is known', async () => {
    const set = setUp({ dpop: dpop() })
    const first = await prove(set)
    expect(await prove(set)).toBe(first)
    const refused = await set.ask(`DPoP ${bound}`).catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 401, code: 'proof-invalid' })
    expect(challengeOf(refused)['www-authenticate']).toContain(
      'DPoP realm="urn:api", error="invalid_dpop_proof", algs=',
    )
  })

  it.each(['off', 'optional', 'required-on-writes'] as const)(
    'N-10: is refused as a mere bearer token, before and after it is known, with %s',
    async (mode) => {
      const set = setUp({ dpop: dpop({ mode }) })
      await expect(set.ask(`Bearer ${bound}`)).rejects.toMatchObject({ status: 401, code: 'token-invalid' })
      if (mode !== 'off') await prove(set)
      const refused = await set.ask(`Bearer ${bound}`).catch((error: unknown) => error)
      expect(refused).toMatchObject({ status: 401, code: 'token-invalid' })
      expect(challengeOf(refused)['www-authenticate']).toContain(`Bearer realm="${AUDIENCE}", error="invalid_token"`)
    },
  )

  it('N-10: is refused when it is bound by a certificate, which is not seen here', async () => {
    for (const cnf of [
      { 'x5t#S256': 'x' },
      { jkt: client.jkt, 'x5t#S256': 'x' },
      {},
      { jkt: 1 },
      { jwk: client.publicJwk },
    ]) {
      const { ask } = setUp({ dpop: dpop() })
      const headers = { dpop: client.proof({ token: bound }) }
      await expect(ask(`DPoP ${token(claims({ cnf }))}`, { headers })).rejects.toMatchObject({ code: 'token-invalid' })
    }
  })

  it('N-10: is something else than one that is not: that needs no proof, and has no use for one', async () => {
    const set = setUp({ dpop: dpop() })
    expect(await set.ask(`Bearer ${plain}`, { method: 'POST' })).toMatchObject({ user: { id: 'someone' } })
    await expect(prove(set, { of: plain })).rejects.toMatchObject({ status: 401, code: 'token-invalid' })
  })

  it('N-11: is a must for writes where the app says so', async () => {
    const set = setUp({ dpop: dpop({ mode: 'required-on-writes' }) })
    for (const method of ['GET', 'HEAD']) {
      expect(await set.ask(`Bearer ${plain}`, { method })).toMatchObject({ user: { id: 'someone' } })
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const refused = await set.ask(`Bearer ${plain}`, { method }).catch((error: unknown) => error)
      expect(refused).toMatchObject({ status: 401, code: 'proof-required' })
      expect(challengeOf(refused)).toMatchObject({
        'www-authenticate': `DPoP realm="${AUDIENCE}", algs="RS256 PS256 ES256"`,
        'dpop-nonce': expect.any(String),
      })
      expect(await prove(set, { method })).toMatchObject({ user: { id: 'someone' } })
    }
  })

  it('N-8: names both ways to whoever has tried none', async () => {
    const refused = await setUp({ dpop: dpop() })
      .ask()
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 401, code: 'token-missing' })
    expect(challengeOf(refused)).toMatchObject({
      'www-authenticate': `Bearer realm="${AUDIENCE}", DPoP realm="${AUDIENCE}", algs="RS256 PS256 ES256"`,
    })
  })

  it('N-11: is refused for now while it cannot be known whether a proof was used before', async () => {
    const down = { ...memoryStore(), set: () => Promise.reject(new Error('down')) }
    const set = setUp({ dpop: dpop({ store: down }) })
    await expect(prove(set)).rejects.toMatchObject({
      status: 503,
      code: 'identity-unavailable',
      options: { headers: { 'retry-after': '1' } },
    })
    expect(await set.ask(`Bearer ${plain}`)).toMatchObject({ user: { id: 'someone' } })
  })
})

describe('challengeTo', () => {
  const to = (headers: Record<string, string>, parameters: Record<string, string | number>) =>
    challengeTo({ headers }, parameters)['www-authenticate']

  it('N-8: speaks the scheme that the caller has chosen, and none to a cookie', () => {
    const missing = { error: 'insufficient_scope', scope: 'orders:write' }
    expect(to({ authorization: 'Bearer t' }, missing)).toBe('Bearer error="insufficient_scope", scope="orders:write"')
    expect(to({ authorization: 'dpop t' }, missing)).toBe('DPoP error="insufficient_scope", scope="orders:write"')
    expect(challengeTo({ headers: { cookie: 'a=b' } }, missing)).toEqual({})
  })

  it('N-8: asks for a stronger or newer sign-in (RFC 9470 §3), and quotes what it is told', () => {
    const stale = { error: 'insufficient_user_authentication', acr_values: 'gold "x"', max_age: 300 }
    expect(to({ authorization: 'Bearer t' }, stale)).toBe(
      String.raw`Bearer error="insufficient_user_authentication", acr_values="gold \"x\"", max_age="300"`,
    )
  })
})
