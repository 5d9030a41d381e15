import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AUDIENCE, claims, ec, ISSUER, issuer, jwk, NOW, rsa, token } from '../../test/issuer.ts'
import { KeysUnavailable } from './keys.ts'
import { TokenError, tokenVerifier } from './token.ts'

const keys = [jwk(rsa.publicKey, { kid: 'one' }), jwk(ec.publicKey, { kid: 'two' })]
const at = (now = NOW) =>
  tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => now, fetch: issuer(keys).fetch })
const seconds = (offset: number): number => NOW / 1000 + offset
const without = (name: string) => claims({ [name]: undefined })

const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof TokenError ? error.reason : error),
  )

/** HS256, keyed with the public key as anybody can download it. */
function confused(): string {
  const [, body] = token(claims()).split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })).toString('base64url')
  const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' })
  return `${header}.${body}.${createHmac('sha256', pem).update(`${header}.${body}`).digest('base64url')}`
}

const good = token(claims())
const signature = good.slice(good.lastIndexOf('.'))
const zeroes = Buffer.alloc(64).toString('base64url')
const unsigned = (alg: string): string =>
  `${Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'one' })).toString('base64url')}.${good.split('.')[1]}`

describe('tokenVerifier', () => {
  it.each([
    ['RS256', good],
    ['ES256', token(claims(), { header: { alg: 'ES256', kid: 'two' }, key: ec.privateKey })],
    ['the long type', token(claims(), { header: { typ: 'application/AT+JWT' } })],
    ['one audience of several', token(claims({ aud: ['urn:other', AUDIENCE] }))],
    ['expired within the skew', token(claims({ exp: seconds(-29) }))],
    ['issued ahead within the skew', token(claims({ iat: seconds(29) }))],
    ['not before now', token(claims({ nbf: seconds(0) }))],
  ])('accepts %s', async (_, value) => {
    expect(await at()(value)).toMatchObject({ sub: 'someone', iss: ISSUER })
  })

  it.each([
    ['', 'shape'],
    ['a.b', 'shape'],
    [`${good}\n`, 'shape'],
    [` ${good}`, 'shape'],
    [`${good}=`, 'shape'],
    [`${good}.${good}`, 'shape'],
    [good.replace('.', '+.'), 'shape'],
    [unsigned('none') + '.', 'shape'],
    [good.slice(0, good.lastIndexOf('.') + 1), 'shape'],
    [token(claims(), { header: 'null' }), 'shape'],
    [token(claims(), { header: '{' }), 'shape'],
    [token('"text"'), 'shape'],
    [token(claims({ padding: 'x'.repeat(8_192) })), 'length'],
    [unsigned('none') + signature, 'algorithm'],
    [unsigned('NONE') + signature, 'algorithm'],
    [confused(), 'algorithm'],
    [token(claims(), { header: { alg: 'RS512' } }), 'algorithm'],
    [token(claims(), { header: { alg: ['RS256'] } }), 'algorithm'],
    [token(claims(), { header: { alg: undefined } }), 'algorithm'],
    [token(claims(), { header: { typ: 'JWT' } }), 'type'],
    [token(claims(), { header: { typ: 'logout+jwt' } }), 'type'],
    [token(claims(), { header: { typ: undefined } }), 'type'],
    [token(claims(), { header: { crit: ['x'], x: 1 } }), 'header'],
    [token(claims(), { header: { crit: ['b64'], b64: false } }), 'header'],
    [token(claims(), { header: { jwk: jwk(rsa.publicKey) } }), 'header'],
    [token(claims(), { header: { jku: 'https://evil.example' } }), 'header'],
    [token(claims(), { header: { x5u: 'https://evil.example' } }), 'header'],
    [token(claims(), { header: { x5c: ['MII'] } }), 'header'],
    [token(claims(), { header: { kid: '../../etc/passwd' } }), 'key'],
    [token(claims(), { header: { kid: "' or 1=1" } }), 'key'],
    [token(claims(), { header: { kid: { one: 1 } } }), 'key'],
    [token(claims(), { header: { kid: undefined } }), 'key'],
    [token(claims(), { header: { kid: 'x'.repeat(65) } }), 'key'],
    [token(claims(), { header: { kid: 'unknown' } }), 'key'],
    [token(claims(), { header: { kid: 'two' } }), 'signature'],
    [token(claims(), { header: { alg: 'ES256', kid: 'two' } }), 'signature'],
    [token(claims(), { header: { alg: 'ES256', kid: 'two' } }).replace(/[^.]+$/, zeroes), 'signature'],
    [token(claims(), { header: { alg: 'ES256' }, key: ec.privateKey }), 'signature'],
    [good.slice(0, -8) + 'AAAAAAAA', 'signature'],
    [token(claims({ iss: `${ISSUER}/` })), 'issuer'],
    [token(claims({ iss: [ISSUER] })), 'issuer'],
    [token(without('iss')), 'issuer'],
    [token(claims({ aud: 'urn:other' })), 'audience'],
    [token(claims({ aud: `${AUDIENCE}:more` })), 'audience'],
    [token(claims({ aud: [] })), 'audience'],
    [token(without('aud')), 'audience'],
    [token(without('sub')), 'subject'],
    [token(claims({ sub: '' })), 'subject'],
    [token(claims({ sub: 7 })), 'subject'],
    [token(without('exp')), 'times'],
    [token(without('iat')), 'times'],
    [token(claims({ exp: '9999999999' })), 'times'],
    [token(JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999')), 'times'],
    [token(claims({ exp: seconds(300.5) })), 'times'],
    [token(claims({ exp: -1 })), 'times'],
    [token(claims({ nbf: 'soon' })), 'times'],
    [token(claims({ exp: seconds(-30) })), 'expired'],
    [token(claims({ iat: seconds(31) })), 'not-yet'],
    [token(claims({ nbf: seconds(31) })), 'not-yet'],
    [token(claims({ cnf: { jkt: 'thumbprint' } })), 'sender-constrained'],
  ])('refuses %.40s… for its %s', async (value, reason) => {
    expect(await reasonOf(at()(value))).toBe(reason)
  })

  it('says nothing about a token while the issuer is down', async () => {
    const down = issuer()
    down.down = true
    const verify = tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, fetch: down.fetch })
    await expect(verify(good)).rejects.toBeInstanceOf(KeysUnavailable)
  })

  it('asks for no key before the header is right', async () => {
    const asked = issuer()
    const verify = tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, fetch: asked.fetch })
    await expect(verify(unsigned('none') + signature)).rejects.toBeInstanceOf(TokenError)
    expect(asked.requests).toBe(0)
  })
})
