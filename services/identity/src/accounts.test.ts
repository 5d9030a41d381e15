import { beforeAll, describe, expect, it } from '@jest/globals'
import { type Accounts, openAccounts } from './accounts.ts'
import { people } from './data.ts'

let accounts: Accounts

beforeAll(async () => {
  accounts = await openAccounts(people)
})

describe('accounts', () => {
  it.each(people.map(({ id, email, password }) => [id, email, password]))(
    'know %s by e-mail, however written, and password',
    async (sub, email, password) => {
      expect(await accounts.authenticate(email, password)).toMatchObject({ sub, email })
      expect(await accounts.authenticate(` ${email.toUpperCase()} `, password)).toMatchObject({ sub })
    },
  )

  it.each([
    ['a wrong password', 'ada@shop.example', 'lovelace-1816'],
    ["another's password", 'ada@shop.example', 'hopper-1906'],
    ['no password', 'ada@shop.example', ''],
    ['an unknown login', 'eve@shop.example', 'lovelace-1815'],
    ['nothing', '', ''],
  ])('refuse %s', async (_case, login, password) => {
    expect(await accounts.authenticate(login, password)).toBeUndefined()
  })

  it('tell what is known of a person, by id', () => {
    expect(accounts.find('cus_ada')).toEqual({
      sub: 'cus_ada',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      preferred_username: 'ada',
      email: 'ada@shop.example',
    })
    expect(accounts.find('cus_eve')).toBeUndefined()
    expect(accounts.find('')).toBeUndefined()
  })
})
