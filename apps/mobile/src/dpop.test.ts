import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '@bff/gateway-core/testing'
import { dpopKey, proving } from './dpop.ts'

/** Header and claims of a proof whose signature its own key verifies. */
function opened(proof: string) {
  const [head, body, signature] = proof.split('.') as [string, string, string]
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  const key = createPublicKey({ key: parse(head)['jwk'] as JsonWebKey, format: 'jwk' })
  const signed = Buffer.from(`${head}.${body}`)
  const good = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  if (!good) throw new TypeError('not signed by its key')
  return { header: parse(head), claims: parse(body) }
}

describe('a request that proves who sent it (RFC 9449)', () => {
  it('says what it asks for, once, signed by the key of this install', async () => {
    await using server = await upstream((_req, res) => json(res, {}))
    const fetch = proving(await dpopKey())
    await fetch(`${server.url}/token?x=1#y`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
    await fetch(`${server.url}/token`, { method: 'POST' })
    const [first, second] = server.seen.map(({ headers }) => opened(String(headers['dpop'])))
    expect(first!.header).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
    })
    const { jti, iat, ...rest } = first!.claims
    expect(rest).toEqual({ htm: 'POST', htu: `${server.url}/token` })
    expect(Math.abs(Number(iat) - Date.now() / 1_000)).toBeLessThan(60)
    expect([typeof jti, second!.claims['jti'] === jti]).toEqual(['string', false])
    expect(second!.header['jwk']).toEqual(first!.header['jwk'])
  })

  it('binds the token that it carries', async () => {
    await using server = await upstream((_req, res) => json(res, {}))
    await proving(await dpopKey())(`${server.url}/m/v1/cart`, { headers: { authorization: 'Bearer the-token' } })
    const [{ headers }] = server.seen as [(typeof server.seen)[0]]
    expect(headers.authorization).toBe('DPoP the-token')
    const ath = createHash('sha256').update('the-token').digest('base64url')
    expect(opened(String(headers['dpop'])).claims).toMatchObject({ htm: 'GET', htu: `${server.url}/m/v1/cart`, ath })
  })

  it.each([
    ['a token endpoint', 400, {}, { error: 'use_dpop_nonce' }],
    ['a BFF', 401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }, {}],
  ])(
    'is sent again with the nonce that %s wants, and the next one has it at once',
    async (_, status, headers, body) => {
      await using server = await upstream((req, res) => {
        const { nonce } = opened(String(req.headers['dpop'])).claims
        res.setHeader('dpop-nonce', 'nonce-1')
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
        if (nonce === 'nonce-1') json(res, {})
        else json(res, body, status)
      })
      const fetch = proving(await dpopKey())
      expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(200)
      expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(200)
      expect(server.seen).toHaveLength(3)
    },
  )

  it('is not sent again for any other refusal', async () => {
    await using server = await upstream((_req, res) => {
      res.setHeader('dpop-nonce', 'nonce-1')
      json(res, { error: 'invalid_grant' }, 400)
    })
    const answer = await proving(await dpopKey())(server.url, { method: 'POST', body: 'x' })
    expect([await answer.json(), server.seen.length]).toEqual([{ error: 'invalid_grant' }, 1])
  })

  it('comes from a key that cannot be taken away', async () => {
    const { privateKey } = await dpopKey()
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow()
  })
})
