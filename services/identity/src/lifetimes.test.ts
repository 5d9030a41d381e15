import { expect, it } from '@jest/globals'
import { refreshLifetime } from './lifetimes.ts'

it.each([
  ['as long as it may lie unused', 0, 1_000, 300],
  ['no longer than is left of the sign-in', 800, 1_000, 200],
  ['a second at the very end, which the grant before it cuts off', 1_000, 1_000, 1],
  ['a second after it', 5_000, 1_000, 1],
])('B-24: a refresh token lives %s', (_case, age, absolute, seconds) => {
  const lifetimes = { idle: 300_000, absolute: absolute * 1_000 }
  expect(refreshLifetime(lifetimes, 7_000, 7_000 + age)).toBe(seconds)
})
