import type { Customer } from '@bff/contracts/customers'

const demo: readonly Customer[] = [
  {
    id: 'cus_ada',
    givenName: 'Ada',
    familyName: 'Lovelace',
    email: 'ada@shop.example',
    phone: '+44 20 7946 0815',
    memberSince: '2021-12-10',
    addresses: [
      {
        id: 'adr_ada-home',
        label: 'Home',
        street: '12 St James’s Square',
        city: 'London',
        postalCode: 'SW1Y 4JH',
        country: 'GB',
        isDefault: true,
      },
      {
        id: 'adr_ada-country',
        label: 'Country house',
        street: '3 Ockham Park Lane',
        city: 'Ockham',
        postalCode: 'GU23 6NP',
        country: 'GB',
        isDefault: false,
      },
    ],
  },
  {
    id: 'cus_grace',
    givenName: 'Grace',
    familyName: 'Hopper',
    email: 'grace@shop.example',
    phone: '+1 202 555 0106',
    memberSince: '2020-12-09',
    addresses: [
      {
        id: 'adr_grace-home',
        label: 'Home',
        street: '1400 South Joyce Street, Apt. 7B',
        city: 'Arlington',
        postalCode: 'VA 22202',
        country: 'US',
        isDefault: false,
      },
      {
        id: 'adr_grace-office',
        label: 'Office',
        street: '1947 Navy Yard Avenue',
        city: 'Washington',
        postalCode: 'DC 20003',
        country: 'US',
        isDefault: true,
      },
    ],
  },
  {
    id: 'cus_alan',
    givenName: 'Alan',
    familyName: 'Turing',
    email: 'alan@shop.example',
    phone: '+44 1625 496 0112',
    memberSince: '2022-06-23',
    addresses: [
      {
        id: 'adr_alan-home',
        label: 'Home',
        street: '43 Adlington Road',
        city: 'Wilmslow',
        postalCode: 'SK9 2BJ',
        country: 'GB',
        isDefault: true,
      },
    ],
  },
]

export const profiles: ReadonlyMap<string, Customer> = new Map(demo.map((customer) => [customer.id, customer]))
