import { expect, it } from '@jest/globals'
import { personal } from './personal.ts'

it.each([
  [undefined, 'private'],
  ['', 'private'],
  ['public, max-age=600', 'private, max-age=600'],
  ['Public,S-MaxAge=600, max-age=1', 'private, max-age=1'],
  ['max-age=600', 'private, max-age=600'],
  ['no-store', 'no-store'],
  ['private, max-age=5', 'private, max-age=5'],
  ['private="x-name", public', 'private, private="x-name"'],
  [['public', 'max-age=1'], 'private, max-age=1'],
])('A-01: for one user, %j becomes %j', (said, kept) => {
  expect(personal(said)).toBe(kept)
})
