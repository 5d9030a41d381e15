import type { Person } from './data.ts'
import { hashPassword, isPassword } from './password.ts'

/** OpenID Connect Core §5.1. */
export interface Claims {
  readonly sub: string
  readonly name: string
  readonly given_name: string
  readonly family_name: string
  readonly preferred_username: string
  readonly email: string
}

export interface Accounts {
  find(id: string): Claims | undefined
  authenticate(login: string, password: string): Promise<Claims | undefined>
}

export async function openAccounts(people: readonly Person[]): Promise<Accounts> {
  const claims = new Map(people.map((person) => [person.id, claimsOf(person)]))
  // Checked for an unknown login, so that timing does not reveal which logins exist.
  const decoy = { id: '', email: '', password: '' }
  const hashes = [decoy, ...people].map(
    async ({ id, email, password }) => [email, { id, hash: await hashPassword(password) }] as const,
  )
  const credentials = new Map(await Promise.all(hashes))
  return {
    find: (id) => claims.get(id),
    async authenticate(login, password) {
      const { id, hash } = credentials.get(login.trim().toLowerCase()) ?? credentials.get(decoy.email)!
      return (await isPassword(password, hash)) ? claims.get(id) : undefined
    },
  }
}

const claimsOf = ({ id, givenName, familyName, username, email }: Person): Claims => ({
  sub: id,
  name: `${givenName} ${familyName}`,
  given_name: givenName,
  family_name: familyName,
  preferred_username: username,
  email,
})
