import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../test/exchange.ts'
import { plainTokens } from '../test/tokens.ts'
import { credentialOf, factsOf } from './credential.ts'
import type { FullPolicy } from './policy.ts'
import { signedInAs } from './testing.ts'

type Token = FullPolicy['token']
const mint = (audience: string, who?: Parameters<typeof plainTokens.mint>[1]) =>
  `${plainTokens.mint('', who)} for ${audience}`
const source = () => 'foreign'
const ada = exchangeOf({ identity: signedInAs('ada') })

describe('what an upstream is shown', () => {
  it.each<[Token, string | undefined, object, string | undefined]>([
    ['none', undefined, { mint }, undefined],
    ['user', undefined, { mint }, 'token-of-ada for urn:orders'],
    ['user', 'urn:x', { mint }, 'token-of-ada for urn:x'],
    ['client', undefined, { mint }, 'token-of-bff for urn:orders'],
    ['external', undefined, { mint, source }, 'foreign'],
  ])('token %s, audience %s', (token, audience, given, shown) => {
    expect(credentialOf('orders', { token, audience }, given)?.(ada)).toBe(shown)
  })

  it.each<[Token, object, string]>([
    ['user', {}, "token is 'user': pass `tokens`"],
    ['client', { source: undefined }, "token is 'client': pass `tokens`"],
    ['external', { mint }, "token is 'external': pass its source"],
    ['user', { mint, source }, 'a token source was passed'],
    ['none', { source }, 'a token source was passed'],
  ])('token %s with %j does not start', (token, given, message) => {
    expect(() => credentialOf('orders', { token, audience: undefined }, given)).toThrow(message)
  })

  it('is nothing at all for nobody, where it would be about a user', () => {
    const shown = credentialOf('orders', { token: 'user', audience: undefined }, { mint })!
    expect(() => shown(exchangeOf({}))).toThrow('orders needs a user')
  })
})

it('is told of everything it can see, and nothing else counts', () => {
  const facts = factsOf(signedInAs('a'))
  expect(factsOf(signedInAs('a', { tokenId: 'x', issuedAt: 1, expiresAt: 2, by: 'session' }))).toBe(facts)
  expect(factsOf(signedInAs('a","client_id":"test'))).not.toBe(facts)
})
