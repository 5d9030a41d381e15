import { describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { exchangeOf } from '../../../test/exchange.ts'
import { EnvironmentError, readEnv } from '../../env.ts'
import { apiKeys, newApiKey } from './api-key.ts'
import { type ApiKeyRecord, apiKeyRecords } from './api-key-records.ts'

const lines: Record<string, unknown>[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
const NOW = Date.parse('2027-01-01T00:00:00Z')
const [old, fresh, ended] = [newApiKey(), newApiKey(), newApiKey()]

const record = ({ id, hash }: { id: string; hash: string }, given: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  id,
  hash,
  client: 'partner',
  scopes: ['read'],
  createdAt: NOW - 1_000,
  expiresAt: NOW + 1_000,
  ...given,
})

const authenticate = apiKeys({
  keys: [record(old), record(fresh, { scopes: ['read', 'write'] }), record(ended, { expiresAt: NOW })],
  clock: () => NOW,
})

/** Reveals nothing else. */
const wrong = { headers: { 'www-authenticate': 'ApiKey' } }

const ask = (authorization?: string) => {
  lines.length = 0
  return authenticate(exchangeOf({ headers: { authorization }, log }))
}

describe('API keys', () => {
  it('tell who is calling: each of the keys of a client, with the scopes of that key', async () => {
    expect(await ask(`ApiKey ${old.key}`)).toEqual({
      user: { id: 'client:partner', scopes: new Set(['read']), claims: {} },
      by: 'api-key',
      client: 'partner',
      tokenId: old.id,
      issuedAt: NOW - 1_000,
      expiresAt: NOW + 1_000,
    })
    expect((await ask(`apikey  ${fresh.key}`)).user.scopes).toEqual(new Set(['read', 'write']))
    expect(lines).toEqual([])
  })

  it('have a form that scanners can look for, and 256 random bits', () => {
    expect(old.key).toMatch(/^bffk_[0-9a-f]{16}\.[\w-]{43}$/)
    expect(old.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set([old, fresh, ended].flatMap(({ key, id }) => [key, id])).size).toBe(6)
  })

  it.each([undefined, '', 'ApiKey', `Bearer ${old.key}`, old.key])(
    '%p is none, and says how one is sent',
    async (sent) => {
      await expect(ask(sent)).rejects.toMatchObject({
        status: 401,
        code: 'key-missing',
        options: { headers: { 'www-authenticate': 'ApiKey' } },
      })
      expect(lines).toEqual([])
    },
  )

  it.each([
    ['of another id', `ApiKey ${old.key.replace(old.id, '0123456789abcdef')}`, 'key-unknown', undefined],
    ['of the id of another', `ApiKey ${old.key.replace(old.id, fresh.id)}`, 'key-wrong', 'partner'],
    ['with another end', `ApiKey ${old.key.slice(0, -1)}${old.key.endsWith('A') ? 'B' : 'A'}`, 'key-wrong', 'partner'],
    ['that has ended', `ApiKey ${ended.key}`, 'key-expired', 'partner'],
    ['that is longer', `ApiKey ${old.key}A`, 'key-unknown', undefined],
    ['sent twice', `ApiKey ${old.key}, ApiKey ${old.key}`, 'key-unknown', undefined],
    ['that is a hash', `ApiKey ${old.hash}`, 'key-unknown', undefined],
    ['of a name that every object has', 'ApiKey __proto__', 'key-unknown', undefined],
  ])('one %s is refused, and only the audit log knows why', async (_, sent, reason, client) => {
    await expect(ask(sent)).rejects.toMatchObject({ status: 401, code: 'key-invalid', options: wrong })
    expect(lines).toEqual([expect.objectContaining({ audit: 'authn_login_fail', reason, level: 40 })])
    expect(lines[0]!['client']).toBe(client)
    expect(JSON.stringify(lines)).not.toContain(old.key.slice(22))
  })

  it('say whether a request has one', () => {
    expect(authenticate.carries(exchangeOf({ headers: { authorization: 'ApiKey x' } }))).toBe(true)
    expect(authenticate.carries(exchangeOf({ headers: { authorization: 'Bearer x' } }))).toBe(false)
  })
})

describe('keys in the environment', () => {
  const entry = {
    id: old.id,
    client: 'partner',
    hash: old.hash,
    scopes: ['read'],
    created: '2027-01-01T00:00:00Z',
    expires: '2028-01-01T00:00:00Z',
  }
  const read = (value: unknown) => readEnv({ API_KEYS: apiKeyRecords }, { API_KEYS: JSON.stringify(value) }).API_KEYS

  it('are records of them', () => {
    expect(read([entry])).toEqual([
      {
        id: old.id,
        client: 'partner',
        hash: old.hash,
        scopes: ['read'],
        createdAt: NOW,
        expiresAt: Date.parse('2028-01-01T00:00:00Z'),
      },
    ])
    expect(readEnv({ API_KEYS: apiKeyRecords }, {}).API_KEYS).toEqual([])
  })

  it.each([
    ['no list', entry],
    ['a key in place of its hash', [{ ...entry, hash: old.key }]],
    ['one without an end', [{ ...entry, expires: undefined }]],
    ['one that ends before it begins', [{ ...entry, expires: '2026-01-01T00:00:00Z' }]],
    ['scopes in one text', [{ ...entry, scopes: 'read write' }]],
    ['a scope that is two', [{ ...entry, scopes: ['read write'] }]],
    ['one without a client', [{ ...entry, client: '' }]],
    ['an id twice', [entry, entry]],
  ])('are not %s, which is not echoed', (_, value) => {
    expect(() => read(value)).toThrow(EnvironmentError)
    expect(() => read(value)).not.toThrow(new RegExp(`${old.id}|bffk_`))
  })
})
