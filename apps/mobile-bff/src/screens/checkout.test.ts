import { describe, expect, it } from '@jest/globals'
import { shipTo } from './checkout.ts'

const customer = {
  id: 'cus_1',
  givenName: 'Ada',
  familyName: 'Lovelace',
  email: '',
  phone: '',
  memberSince: '2020-01-01',
  addresses: [],
}
const address = {
  id: 'a',
  label: 'Home',
  street: '1 Road',
  city: 'Town',
  postalCode: 'T1',
  country: 'GB',
  isDefault: false,
}

describe('shipTo', () => {
  it('is one line: the default address, else the first, else the name alone', () => {
    const addresses = [address, { ...address, street: '2 Lane', isDefault: true }]
    expect(shipTo({ ...customer, addresses })).toBe('Ada Lovelace, 2 Lane, T1 Town')
    expect(shipTo({ ...customer, addresses: [address] })).toBe('Ada Lovelace, 1 Road, T1 Town')
    expect(shipTo(customer)).toBe('Ada Lovelace')
  })
})
