import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import { problem } from '../problem.ts'
import { signedInAs } from '../testing.ts'
import { can, open, signedIn } from './guards.ts'

const user = { id: 'someone', scopes: new Set(['read']), claims: {} }
const authenticate = async () => signedInAs('someone', { user })

describe('guards', () => {
  it('open asks for nothing', () => {
    expect(open(exchangeOf({}))).toEqual({})
  })

  it('signedIn grants the user, and no token', async () => {
    expect(await signedIn(exchangeOf({ authenticate }))).toEqual({ user })
  })

  it('signedIn passes the refusal on', async () => {
    const refusal = problem(401, 'token-missing')
    await expect(signedIn(exchangeOf({ authenticate: () => Promise.reject(refusal) }))).rejects.toBe(refusal)
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
})
