import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import type { Exchange, Guard, Identity } from '../exchange.ts'
import { problem } from '../problem.ts'
import { signedInAs } from '../testing.ts'
import { all, can, granted, open, owns, signedIn, stepUp } from './guards.ts'

const user = { id: 'someone', scopes: new Set(['read']), claims: {} }
const authenticate = async () => signedInAs('someone', { user })

describe('guards', () => {
  it('open asks for nothing', () => {
    expect(open(exchangeOf({}))).toEqual({})
  })

  it('signedIn grants the user, and no token', async () => {
    expect(await signedIn(exchangeOf({ authenticate }))).toEqual({ user })
  })

  it('can grants the user who has the scope', async () => {
    expect(await can('read')(exchangeOf({ authenticate }))).toEqual({ user })
  })

  it.each([
    [{ authorization: 'Bearer token' }, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="write"' }],
    [{ cookie: '__Host-Http-sid=id' }, {}],
  ])('can refuses the others, in the way they came: %o', async (headers, expected) => {
    await expect(can('write')(exchangeOf({ authenticate, headers }))).rejects.toMatchObject({
      status: 403,
      code: 'insufficient-scope',
      options: { extra: { scope: 'write' }, headers: expected },
    })
  })

  it.each<[string, Guard]>([
    ['signedIn', signedIn],
    ['can', can('read')],
    ['owns', owns('id')],
    ['stepUp', stepUp({ maxAge: 1 })],
    ['all', all(open, signedIn)],
  ])('%s passes the refusal of nobody on', async (_, guard) => {
    const refusal = problem(401, 'token-missing')
    await expect(guard(exchangeOf({ authenticate: () => Promise.reject(refusal) }))).rejects.toBe(refusal)
  })
})

describe('owns', () => {
  const at = (id: string): Exchange => exchangeOf({ authenticate, params: { id } })

  it('grants the user whom the path names', async () => {
    expect(await owns('id')(at('someone'))).toEqual({ user })
  })

  it.each(['other', 'Someone', 'someone ', ''])('tells nobody else that there is %j', async (id) => {
    await expect(owns('id')(at(id))).rejects.toMatchObject({ status: 404, code: 'route-not-found', options: {} })
  })

  it('says so where it is no secret', async () => {
    await expect(owns('id', { refuse: 403 })(at('other'))).rejects.toMatchObject({ status: 403, code: 'not-yours' })
  })

  it('takes a check of its own', async () => {
    const reads = owns(({ scopes }, { params }) => scopes.has(params['id'] ?? ''))
    expect(await reads(at('read'))).toEqual({ user })
    await expect(reads(at('write'))).rejects.toMatchObject({ status: 404 })
  })

  it('is a bug where the path has no such parameter', async () => {
    await expect(owns('userId')(at('someone'))).rejects.toThrow(
      new TypeError('owns("userId"): the path has no :userId'),
    )
  })
})

describe('stepUp', () => {
  const clock = () => 1_000_000
  const by = (given: Partial<Identity>) =>
    exchangeOf({ authenticate: async () => signedInAs('someone', { user, ...given }) })

  it.each<[string, Parameters<typeof stepUp>[0], Partial<Identity>]>([
    ['just in time', { maxAge: 300_000 }, { authenticatedAt: 700_000 }],
    ['in one of the ways', { acr: ['mfa', 'phr'] }, { acr: 'phr' }],
    ['both', { maxAge: 300_000, acr: 'mfa' }, { authenticatedAt: 999_000, acr: 'mfa' }],
  ])('N-15: grants the user who has proved it %s', async (_, demand, given) => {
    expect(await stepUp({ ...demand, clock })(by(given))).toEqual({ user })
  })

  const bearer = (rest: string) => ({
    headers: { 'www-authenticate': `Bearer error="insufficient_user_authentication", ${rest}` },
  })

  it.each<[string, Parameters<typeof stepUp>[0], Partial<Identity>, string]>([
    ['too long ago', { maxAge: 300_000 }, { authenticatedAt: 699_999, issuedAt: 1_000_000 }, 'max_age="300"'],
    ['at a time that nobody knows', { maxAge: 300_000 }, {}, 'max_age="300"'],
    ['in another way', { acr: ['mfa', 'phr'] }, { acr: 'pwd' }, 'acr_values="mfa phr"'],
    ['in a way that nobody knows', { acr: 'mfa' }, {}, 'acr_values="mfa"'],
    [
      'so, but too long ago',
      { maxAge: 0, acr: 'mfa' },
      { authenticatedAt: 1, acr: 'mfa' },
      'acr_values="mfa", max_age="0"',
    ],
  ])('N-15: sends back, by RFC 9470, who came with a token and proved it %s', async (_, demand, given, challenge) => {
    await expect(stepUp({ ...demand, clock })(by(given))).rejects.toMatchObject({
      status: 401,
      code: 'insufficient-user-authentication',
      options: bearer(challenge),
    })
  })

  it('N-15: tells a browser where to prove it again', async () => {
    const guard = stepUp({ maxAge: 300_000, acr: ['urn:mfa', 'phr'], clock })
    await expect(guard(by({ by: 'session', authenticatedAt: 1 }))).rejects.toMatchObject({
      status: 401,
      code: 'insufficient-user-authentication',
      options: {
        extra: { loginUrl: '/bff/login?acr=urn%3Amfa+phr&max_age=300' },
        headers: { 'www-authenticate': 'Cookie realm="session"' },
      },
    })
  })

  it.each([{}, { acr: [] }, { maxAge: -1 }, { maxAge: Number.NaN }])('cannot be asked for %o', (demand) => {
    expect(() => stepUp(demand)).toThrow(TypeError)
  })
})

describe('all', () => {
  it('grants what each of them grants', async () => {
    const tenant: Guard<{ tenant: string }> = () => ({ tenant: 'north' })
    expect(await all(signedIn, can('read'), tenant)(exchangeOf({ authenticate }))).toEqual({ user, tenant: 'north' })
  })

  it('asks no more after the first refusal', async () => {
    const asked: string[] = []
    const ask =
      (name: string, refuses = false): Guard =>
      () => {
        asked.push(name)
        if (refuses) throw problem(403, 'not-yours')
        return {}
      }
    await expect(all(ask('one'), ask('two', true), ask('three'))(exchangeOf({}))).rejects.toMatchObject({ status: 403 })
    expect(asked).toEqual(['one', 'two'])
  })

  it('is of guards, of one at least', () => {
    const loose = all as unknown as (...guards: unknown[]) => Guard
    for (const guards of [[], [signedIn, undefined], [signedIn, true]])
      expect(() => loose(...guards)).toThrow(TypeError)
  })
})

describe('what a guard answers', () => {
  it.each([false, true, undefined, null, 'yes', 1])('%p lets nobody in', async (answer) => {
    const guard = (() => answer) as unknown as Guard
    expect(() => granted(answer)).toThrow('a guard must return an object or throw')
    await expect(all(open, guard)(exchangeOf({}))).rejects.toThrow('a guard must return an object or throw')
  })
})
