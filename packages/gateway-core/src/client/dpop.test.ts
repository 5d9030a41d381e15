import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { AUDIENCE, claims, ISSUER, issuer, NOW, token } from '../../test/issuer.ts'
import { exchangeOf } from '../../test/exchange.ts'
import { prover } from '../../test/prover.ts'
import { bearer as authenticator } from '../auth/bearer/bearer.ts'
import { bearer, createClient, dpop } from '../client.ts'
import type { Contract } from '../contract.ts'
import type { Problem } from '../problem.ts'
import { memoryStore } from '../state/memory.ts'
import { json, upstream } from '../testing.ts'

const contract = { 'GET /me': {}, 'POST /orders': {} } as const satisfies Contract

/** A server that takes nothing but bound tokens, with proofs for where it is. */
async function setUp() {
  const time = { now: NOW }
  const outcomes: string[] = []
  const device = prover()
  const bodies: string[] = []
  const server = await upstream((req, res) => {
    void text(req).then((body) => bodies.push(body))
    const path = req.url!.split('?', 1)[0]!
    const exchange = exchangeOf({ method: req.method!, path, headers: req.headers })
    void authenticate(exchange).then(
      () => {
        outcomes.push(`${req.method} ok`)
        res.writeHead(204).end()
      },
      (error: unknown) => {
        const { status, code, options } = error as Problem
        outcomes.push(`${req.method} ${code}`)
        for (const [name, value] of Object.entries(options.headers ?? {})) res.setHeader(name, value)
        json(res, { code }, status)
      },
    )
  })
  const authenticate = authenticator({
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: () => time.now,
    fetch: issuer().fetch,
    dpop: { mode: 'required-on-writes', publicUrl: server.url, store: memoryStore(), secrets: ['s'.repeat(32)] },
  })
  const signed: string[] = []
  const sign = async ({ accessToken, ...proof }: Parameters<Parameters<typeof dpop>[0]>[0]) => {
    const made = device.proof({ token: accessToken, claims: { iat: time.now / 1000 }, ...proof })
    signed.push(made)
    return made
  }
  const accessToken = token(claims({ cnf: { jkt: device.jkt }, exp: NOW / 1000 + 3_600 }))
  const client = createClient<typeof contract>({
    baseUrl: server.url,
    fetch: dpop(sign),
    as: bearer({ token: { accessToken } }),
  })
  return {
    client,
    outcomes,
    signed,
    bodies,
    accessToken,
    time,
    server,
    fetch: dpop(sign),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('dpop', () => {
  it('N-12: asks for a nonce once, and proves each request anew', async () => {
    await using app = await setUp()
    await app.client('POST /orders')
    await app.client('GET /me')
    await app.client('POST /orders')
    expect(app.outcomes).toEqual(['POST proof-nonce', 'POST ok', 'GET ok', 'POST ok'])
    expect(new Set(app.signed).size).toBe(4)
    app.time.now += 3_000_000
    await app.client('GET /me')
    expect(app.outcomes.slice(4)).toEqual(['GET proof-nonce', 'GET ok'])
  })

  it('N-11: proves the address without its query, and sends a body twice if it must', async () => {
    await using app = await setUp()
    const init = { method: 'POST', body: '{"a":1}', headers: { authorization: `Bearer ${app.accessToken}` } }
    expect((await app.fetch(`${app.server.url}/orders?a=b#c`, init)).status).toBe(204)
    expect(app.outcomes).toEqual(['POST proof-nonce', 'POST ok'])
    expect(app.bodies).toEqual(['{"a":1}', '{"a":1}'])
  })

  it('sends nothing twice that was refused for another reason', async () => {
    await using app = await setUp()
    const init = { headers: { authorization: `Bearer ${token(claims())}` } }
    expect((await app.fetch(`${app.server.url}/me`, init)).status).toBe(401)
    expect(app.outcomes).toEqual(['GET token-invalid'])
  })

  it('leaves what carries no token as it is', async () => {
    await using app = await setUp()
    expect((await app.fetch(`${app.server.url}/me`)).status).toBe(401)
    expect([app.outcomes, app.signed]).toEqual([['GET token-missing'], []])
  })
})
