export interface Person {
  /** The `sub` of every token: the ID that other services use. */
  readonly id: string
  readonly username: string
  readonly email: string
  readonly password: string
  readonly givenName: string
  readonly familyName: string
}

/** Demo users. The login page shows their passwords. */
export const people: readonly Person[] = [
  {
    id: 'cus_ada',
    username: 'ada',
    email: 'ada@shop.example',
    password: 'lovelace-1815',
    givenName: 'Ada',
    familyName: 'Lovelace',
  },
  {
    id: 'cus_grace',
    username: 'grace',
    email: 'grace@shop.example',
    password: 'hopper-1906',
    givenName: 'Grace',
    familyName: 'Hopper',
  },
  {
    id: 'cus_alan',
    username: 'alan',
    email: 'alan@shop.example',
    password: 'turing-1912',
    givenName: 'Alan',
    familyName: 'Turing',
  },
]
