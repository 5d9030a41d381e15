import { afterEach, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { exchangeOf } from '../../test/exchange.ts'
import { signedInAs } from '../testing.ts'
import { audit, type AuditFacts } from './audit.ts'

const lines: string[] = []
const logAt = (level: string) => pino({ level }, { write: (line: string) => void lines.push(line) })
const told = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>)

afterEach(() => {
  lines.length = 0
})

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl'
const key = `bffk_0123456789abcdef.${'a'.repeat(43)}`
const exchange = exchangeOf({
  method: 'POST',
  path: `/api/${jwt}`,
  search: `?token=${jwt}`,
  address: '192.0.2.7',
  headers: { authorization: `Bearer ${jwt}`, cookie: `__Host-Http-sid=${'c'.repeat(43)}` },
})

describe('the audit log', () => {
  it('says who did what, from where, and why', () => {
    const identity = signedInAs('someone', { sessionId: 's1', client: 'web', by: 'session' })
    audit(logAt('info'))('authz_fail', { exchange, identity, route: '/api/:id', reason: 'not-yours' })
    expect(told()).toEqual([
      {
        level: 40,
        time: expect.any(Number),
        pid: expect.any(Number),
        hostname: expect.any(String),
        msg: 'audit',
        audit: 'authz_fail',
        traceId: exchange.traceId,
        user: 'someone',
        client: 'web',
        by: 'session',
        session: 's1',
        address: '192.0.2.7',
        method: 'POST',
        route: '/api/:id',
        reason: 'not-yours',
      },
    ])
  })

  it('is there whatever else the app logs, except for silence', () => {
    audit(logAt('fatal'))('authn_login_success', { user: 'someone' })
    expect(told()).toMatchObject([{ level: 30, audit: 'authn_login_success', user: 'someone' }])
    lines.length = 0
    audit(logAt('silent'))('authn_login_success', { user: 'someone' })
    expect(lines).toEqual([])
  })

  it('B-25: holds nothing that opens anything, whatever it is handed', () => {
    const facts = {
      exchange,
      identity: signedInAs('someone', { user: { id: jwt, scopes: new Set(), claims: { token: jwt } } }),
      client: `Bearer ${jwt}`,
      session: key,
      tokenId: `a\n${jwt}`,
      reason: jwt,
      accessToken: jwt,
      cookie: key,
      headers: exchange.headers,
    } as AuditFacts
    for (const event of ['authn_login_fail', 'authn_token_revoked', 'session_expired'] as const)
      audit(logAt('info'))(event, facts)
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).not.toMatch(/eyJ|bffk_|token-of|__Host|c{43}/)
    expect(told()[0]).toMatchObject({
      user: '[token]',
      session: '[token]',
      tokenId: 'a%0A[token]',
      reason: 'unspecified',
    })
  })

  it('takes only what it has a field for', () => {
    const tell = audit(logAt('silent'))
    // @ts-expect-error a token is no fact
    tell('authn_login_success', { user: 'someone', accessToken: jwt })
    // @ts-expect-error no such event
    tell('authn_login', { user: 'someone' })
    expect(lines).toEqual([])
  })
})
