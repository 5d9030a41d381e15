import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AUDIENCE, claims, ec, ISSUER, issuer, jwk, NOW, rsa, token } from '../../../test/issuer.ts'
import { KeysUnavailable } from './keys.ts'
import { TokenError, type TokenOptions, tokenVerifier } from './token.ts'

const ed = generateKeyPairSync('ed25519')
const keys = [
  jwk(rsa.publicKey, { kid: 'one' }),
  jwk(ec.publicKey, { kid: 'two' }),
  jwk(rsa.publicKey, { kid: 'pss', alg: 'PS256' }),
]
const at = (now = NOW, more: Partial<TokenOptions> = {}) =>
  tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => now, fetch: issuer(keys).fetch, ...more })
const seconds = (offset: number): number => NOW / 1000 + offset
const without = (name: string) => claims({ [name]: undefined })

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof TokenError ? error.reason : error),
  )

/** HS256, keyed with the published public key. */
function confused(): string {
  const [, body] = token(claims()).split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })).toString('base64url')
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
  return `${header}.${body}.${createHmac('sha256', pem).update(`${header}.${body}`).digest('base64url')}`
}

/** A valid signature in DER encoding, as certificates use it. */
function inDer(): string {
  const input = es256.slice(0, es256.lastIndexOf('.'))
  return `${input}.${sign('sha256', Buffer.from(input), ec.privateKey).toString('base64url')}`
}

const good = token(claims())
const es256 = token(claims(), { header: { alg: 'ES256', kid: 'two' }, key: ec.privateKey })
const [head = '', body = '', tail = ''] = good.split('.')
const signature = `.${tail}`
const zeroes = Buffer.alloc(64).toString('base64url')
const encoded = (text: string | Buffer): string => Buffer.from(text).toString('base64url')
const unsigned = (alg: string): string => `${encoded(JSON.stringify({ alg, typ: 'at+jwt', kid: 'one' }))}.${body}`
/** Claims altered as text: what `JSON.stringify` would not write. */
const text = (change: (json: string) => string): string => token(change(JSON.stringify(claims())))
const header = (change: (json: string) => string): string =>
  token(claims(), { header: change(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid: 'one' })) })
/** The last character of 256 bytes has four spare bits. */
const spare = good.slice(0, -1) + ({ A: 'B', Q: 'R', g: 'h', w: 'x' } as Record<string, string>)[good.at(-1)!]!

const short = (value: string): string =>
  JSON.stringify(value.length > 60 ? `${value.slice(0, 30)}…${value.slice(-20)}` : value)

describe('tokenVerifier', () => {
  it.each([
    ['RS256', good],
    ['ES256', es256],
    ['the long type', token(claims(), { header: { typ: 'application/AT+JWT' } })],
    ['one audience of several', token(claims({ aud: ['urn:other', AUDIENCE] }))],
    ['expired within the skew', token(claims({ iat: seconds(-300), exp: seconds(-29) }))],
    ['issued ahead within the skew', token(claims({ iat: seconds(29) }))],
    ['not before now', token(claims({ nbf: seconds(0) }))],
    ['as long a life as it may have', token(claims({ exp: seconds(3_600) }))],
    ['an authorized party that is the client', token(claims({ azp: 'app' }))],
    ['names that are no member twice', token(claims({ a: { b: 1 }, b: [{ a: '"a":1' }, { a: '{' }] }))],
  ])('accepts %s', async (_, value) => {
    expect(await at()(value)).toMatchObject({ sub: 'someone', iss: ISSUER })
  })

  it.each(
    [
      ['J-01', unsigned('none') + '.', 'shape'],
      ['J-01', unsigned('none') + signature, 'algorithm'],
      ['J-01', unsigned('NONE') + signature, 'algorithm'],
      ['J-01', `${head}.${body}.`, 'shape'],
      ['J-01', `${head}.${body}`, 'shape'],
      ['J-01', confused(), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: 'RS512' } }), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: 'PS256' } }), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: 'EdDSA' }, key: ed.privateKey }), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: ['RS256'] } }), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: { name: 'RS256' } } }), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: 'rs256' } }), 'algorithm'],
      ['J-01', token(claims(), { header: { alg: undefined } }), 'algorithm'],
      ['J-01', token(claims(), { header: { kid: 'two' } }), 'signature'],
      ['J-01', token(claims(), { header: { alg: 'ES256', kid: 'two' } }), 'signature'],
      ['J-01', es256.replace(/[^.]+$/, zeroes), 'signature'],
      ['J-01', inDer(), 'signature'],
      ['J-01', token(claims(), { header: { alg: 'ES256' }, key: ec.privateKey }), 'signature'],
      ['J-01', good.slice(0, -8) + 'AAAAAAAA', 'shape signature'],
      ['J-01', token(claims(), { header: { kid: 'pss' } }), 'key'],
      ['J-03', token(claims(), { header: { crit: ['x'], x: 1 } }), 'header'],
      ['J-03', token(claims(), { header: { crit: ['b64'], b64: false } }), 'header'],
      ['J-03', token(claims(), { header: { b64: false } }), 'header'],
      ['J-03', token(claims(), { header: { crit: [] } }), 'header'],
      ['J-04', token(without('exp')), 'times'],
      ['J-04', token(without('iat')), 'times'],
      ['J-04', text((json) => json.replace(/"exp":\d+/, '"exp":1e999')), 'times'],
      ['J-04', token(claims({ exp: seconds(300.5) })), 'times'],
      ['J-04', token(claims({ iat: seconds(31), exp: seconds(331) })), 'not-yet'],
      ['J-04', token(claims({ exp: seconds(3_601) })), 'lifetime'],
      ['J-04', token(claims({ exp: seconds(0) })), 'lifetime'],
      ['J-04', token(claims({ exp: Number.MAX_SAFE_INTEGER })), 'lifetime'],
      ['J-05', token(claims(), { header: { jwk: jwk(rsa.publicKey) } }), 'header'],
      ['J-05', token(claims(), { header: { jku: 'https://evil.example' } }), 'header'],
      ['J-05', token(claims(), { header: { x5u: 'https://evil.example' } }), 'header'],
      ['J-05', token(claims(), { header: { x5c: ['MII'] } }), 'header'],
      ['J-05', token(claims(), { header: { kid: '../../etc/passwd' } }), 'key'],
      ['J-05', token(claims(), { header: { kid: "' or 1=1" } }), 'key'],
      ['J-05', token(claims(), { header: { kid: { one: 1 } } }), 'key'],
      ['J-05', token(claims(), { header: { kid: ['one'] } }), 'key'],
      ['J-05', token(claims(), { header: { kid: undefined } }), 'key'],
      ['J-05', token(claims(), { header: { kid: '' } }), 'key'],
      ['J-05', token(claims(), { header: { kid: 'one\n' } }), 'key'],
      ['J-05', token(claims(), { header: { kid: 'x'.repeat(65) } }), 'key'],
      ['J-05', token(claims(), { header: { kid: 'unknown' } }), 'key'],
      ['J-06', token(claims(), { header: { typ: 'JWT' } }), 'type'],
      ['J-06', token(claims(), { header: { typ: 'logout+jwt' } }), 'type'],
      ['J-06', token(claims(), { header: { typ: 'dpop+jwt' } }), 'type'],
      ['J-06', token(claims(), { header: { typ: 'at+jwt ' } }), 'type'],
      ['J-06', token(claims(), { header: { typ: ['at+jwt'] } }), 'type'],
      ['J-06', token(claims(), { header: { typ: undefined } }), 'type'],
      ['J-07', token(claims({ iss: `${ISSUER}/` })), 'issuer'],
      ['J-07', token(claims({ iss: [ISSUER] })), 'issuer'],
      ['J-07', token(claims({ iss: 'https://evil.example' })), 'issuer'],
      ['J-07', token(without('iss')), 'issuer'],
      ['J-07', token(claims({ aud: 'urn:other' })), 'audience'],
      ['J-07', token(claims({ aud: `${AUDIENCE}:more` })), 'audience'],
      ['J-07', token(claims({ aud: AUDIENCE.slice(0, -1) })), 'audience'],
      ['J-07', token(claims({ aud: [`${AUDIENCE},urn:other`] })), 'audience'],
      ['J-07', token(claims({ aud: { 0: AUDIENCE } })), 'audience'],
      ['J-07', token(claims({ aud: [[AUDIENCE]] })), 'audience'],
      ['J-07', token(claims({ aud: [AUDIENCE, 7] })), 'audience'],
      ['J-07', token(claims({ aud: [] })), 'audience'],
      ['J-07', token(without('aud')), 'audience'],
      ['J-07', token(claims({ aud: [AUDIENCE, 'urn:other'], azp: 'another-app' })), 'client'],
      ['J-07', token(without('client_id')), 'client'],
      ['J-07', token(claims({ client_id: ['app'] })), 'client'],
      ['J-07', token(without('jti')), 'token-id'],
      ['J-07', token(claims({ jti: '' })), 'token-id'],
      ['J-07', token(without('sub')), 'subject'],
      ['J-07', token(claims({ sub: '' })), 'subject'],
      ['J-07', token(claims({ sub: 7 })), 'subject'],
      ['J-07', text((json) => json.replace('someone', String.raw`\ud800`)), 'subject'],
      ['J-07', token(claims({ scope: ['read'] })), 'claim'],
      ['J-07', token(claims({ auth_time: '1700000000' })), 'claim'],
      ['J-07', token(claims({ acr: 2 })), 'claim'],
      ['J-07', token(claims({ sid: {} })), 'claim'],
      ['J-07', token(claims({ cnf: 'jkt' })), 'claim'],
      ['J-07', token(claims({ exp: '9999999999' })), 'times'],
      ['J-07', token(claims({ exp: -1 })), 'times'],
      ['J-07', token(claims({ nbf: 'soon' })), 'times'],
      ['J-07', token(claims({ nbf: seconds(31) })), 'not-yet'],
      ['J-07', token(claims({ iat: seconds(-300), exp: seconds(-30) })), 'expired'],
      ['J-08', text((json) => json.replace('{', '{"sub":"root",')), 'members'],
      ['J-08', text((json) => json.replace('{', '{"exp":9999999999,')), 'members'],
      ['J-08', text((json) => json.replace('{', String.raw`{"\u0073ub":"root",`)), 'members'],
      ['J-08', text((json) => json.replace('{', '{ "sub"\n:"root",')), 'members'],
      ['J-08', text((json) => json.replace('{', '{"cnf":{"jkt":"a","jkt":"b"},')), 'members'],
      ['J-08', text((json) => json.replace('{', '{"x":[{"y":1,"y":1}],')), 'members'],
      ['J-08', text((json) => json.replace('{', '{"__proto__":{"scope":"all"},')), 'members'],
      ['J-08', text((json) => json.replace('{', String.raw`{"\u005f_proto__":1,`)), 'members'],
      ['J-08', header((json) => json.replace('{', '{"alg":"none",')), 'members'],
      ['J-08', header((json) => json.replace('}', ',"kid":"two"}')), 'members'],
      ['J-09', token(claims({ padding: 'x'.repeat(8_192) })), 'length'],
      ['J-09', token(claims({ padding: 'x'.repeat(1 << 20) })), 'length'],
      ['J-09', '.'.repeat(8_192), 'shape'],
      ['J-09', `${encoded('['.repeat(4_000))}.${body}${signature}`, 'shape'],
      ['J-10', '', 'shape'],
      ['J-10', 'a.b', 'shape'],
      ['J-10', '..', 'shape'],
      ['J-10', `${good}\n`, 'shape'],
      ['J-10', ` ${good}`, 'shape'],
      ['J-10', `${good} `, 'shape'],
      ['J-10', `${good}\0`, 'shape'],
      ['J-10', `${good}=`, 'shape'],
      ['J-10', `${good}==`, 'shape'],
      ['J-10', `${head}=.${body}${signature}`, 'shape'],
      ['J-10', `${head}\n.${body}${signature}`, 'shape'],
      ['J-10', `${head}.${body} ${signature}`, 'shape'],
      ['J-10', `${head}.${body}.${tail.slice(0, 10)}\r\n${tail.slice(10)}`, 'shape'],
      ['J-10', `${head}.${body}.${Buffer.from(tail, 'base64url').toString('base64')}`, 'shape'],
      ['J-10', `${head}.${body}.${tail.slice(0, 10)}%2B${tail.slice(10)}`, 'shape'],
      ['J-10', `${head}.${body}.${tail.slice(0, 10)}é${tail.slice(10)}`, 'shape'],
      ['J-10', spare, 'shape'],
      ['J-10', `${good}A`, 'shape signature'],
      ['J-10', `${good}.`, 'shape'],
      ['J-10', `${good}.${good}`, 'shape'],
      ['J-10', `${head}..${body}${signature}`, 'shape'],
      ['J-10', `.${body}${signature}`, 'shape'],
      ['J-10', `${head}.${signature}`, 'shape'],
      ['J-10', good.replace('.', '+.'), 'shape'],
      ['J-10', JSON.stringify({ protected: head, payload: body, signature: tail }), 'shape'],
      ['J-10', token(claims(), { header: 'null' }), 'shape'],
      ['J-10', token(claims(), { header: '[]' }), 'shape'],
      ['J-10', token(claims(), { header: '{' }), 'shape'],
      ['J-10', header((json) => `\ufeff${json}`), 'shape'],
      ['J-10', header((json) => `${json}{}`), 'shape'],
      ['J-10', `${encoded(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}.${body}${signature}`, 'shape'],
      ['J-10', token('"text"'), 'shape'],
      ['J-10', token('[]'), 'shape'],
      ['J-10', token('not JSON'), 'shape'],
      ['N-10', token(claims({ cnf: { jkt: 'thumbprint' } })), 'sender-constrained'],
    ].map(([id = '', value = '', reasons = '']) => [id, reasons, short(value), value]),
  )('%s: refuses, for its %s, %s', async (_, reasons, _shown, value) => {
    expect(reasons.split(' ')).toContain(await reasonOf(at()(value)))
  })

  it('J-01: takes PS256 where it is listed, and a key for nothing but its own algorithm', async () => {
    const ps256 = (kid: string) => token(claims(), { header: { alg: 'PS256', kid } })
    const verify = at(NOW, { algorithms: ['PS256', 'RS256'] })
    expect(await verify(ps256('pss'))).toMatchObject({ sub: 'someone' })
    expect(await verify(ps256('one'))).toMatchObject({ sub: 'someone' })
    expect(await reasonOf(verify(token(claims(), { header: { kid: 'pss' } })))).toBe('key')
    expect(await reasonOf(verify(es256))).toBe('algorithm')
  })

  it.each<[string, unknown]>([
    ['as text', 'xxRS256yy'],
    ['as the text of one', 'RS256'],
    ['none', []],
    ['of a shared secret', ['RS256', 'HS256']],
    ['called none', ['none']],
    ['that cannot be checked', ['EdDSA']],
    ['in a list of lists', [['RS256']]],
    ['with a hole', [undefined]],
  ])('J-02: does not start with algorithms %s', (_, listed) => {
    expect(() => at(NOW, { algorithms: listed as [] })).toThrow(/algorithms must be a list of RS256, PS256, ES256/)
  })

  it.each<[string, object, RegExp]>([
    ['no audience', { audience: '' }, /audience/],
    ['an issuer that is no URL', { issuer: 'id.example' }, /issuer must be an/],
    ['an issuer with a query', { issuer: `${ISSUER}?tenant=1` }, /issuer must be an/],
    ['no lifetime', { maxLifetime: Number.NaN }, /maxLifetime/],
    ['keys in the clear', { jwksUrl: 'http://id.example/keys' }, /jwksUrl/],
    ['no issuer', { issuers: [] }, /at least one issuer/],
    ['one issuer twice', { issuers: [1, 2].map(() => ({ issuer: ISSUER, audience: AUDIENCE })) }, /listed twice/],
  ])('does not start with %s', (_, wrong, message) => {
    expect(() => at(NOW, wrong)).toThrow(message)
  })

  it('says nothing about a token while the issuer is down', async () => {
    const down = issuer()
    down.down = true
    const verify = tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, fetch: down.fetch })
    await expect(verify(good)).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('J-09: asks for no key before all else is right', async () => {
    const asked = issuer()
    const verify = tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, fetch: asked.fetch })
    await expect(verify(unsigned('none') + signature)).rejects.toBeInstanceOf(TokenError)
    await expect(verify(token(claims({ exp: 1 })))).rejects.toBeInstanceOf(TokenError)
    await expect(verify(token(claims({ aud: 'urn:other' })))).rejects.toBeInstanceOf(TokenError)
    expect(asked.requests).toBe(0)
  })
})

describe('several issuers', () => {
  const other = 'https://login.example/tenant'
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const fetched: string[] = []
  const verify = tokenVerifier({
    issuers: [
      { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] },
      { issuer: other, audience: 'urn:partners', algorithms: ['ES256'], jwksUrl: 'https://keys.example/tenant' },
    ],
    clock: () => NOW,
    fetch: async (url, init) => {
      fetched.push(String(url))
      if (url !== 'https://keys.example/tenant') return issuer(keys).fetch(url, init)
      return Response.json({ keys: [jwk(own.publicKey, { kid: 'one' })] })
    },
  })
  const ours = { header: { alg: 'ES256' }, key: own.privateKey }
  const theirs = claims({ iss: other, aud: 'urn:partners' })

  it('S-8: takes from each what is its own, and finds its keys where they are', async () => {
    expect(await verify(token(theirs, ours))).toMatchObject({ iss: other })
    expect(fetched).toEqual(['https://keys.example/tenant'])
    expect(await verify(good)).toMatchObject({ iss: ISSUER })
  })

  it.each([
    ["another's audience", token(claims({ iss: other }), ours), 'audience'],
    ["another's algorithm", token(theirs), 'algorithm'],
    ["another's key under the same id", token(theirs, { header: { alg: 'ES256' }, key: ec.privateKey }), 'signature'],
    ["another's signature", token(claims(), ours), 'algorithm'],
    ['an issuer that is none of them', token(claims({ iss: 'https://evil.example' })), 'issuer'],
    ['a name every object has', token(claims({ iss: 'constructor' })), 'issuer'],
  ])('S-8: refuses %s', async (_, value, reason) => {
    expect(await reasonOf(verify(value))).toBe(reason)
  })
})
