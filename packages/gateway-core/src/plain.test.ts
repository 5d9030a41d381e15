import { describe, expect, it } from '@jest/globals'
import { plain, plainError, plainPath } from './plain.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl'

describe('plain', () => {
  it.each([
    ['text', 'Mozilla/5.0 (X11; "Linux")', 'Mozilla/5.0 (X11; "Linux")'],
    ['a line of its own', 'curl\r\n{"level":50,"msg":"all is lost"}', 'curl%0D%0A{"level":50,"msg":"all is lost"}'],
    ['terminal commands', '\u001b[2J\u001b]0;title\u0007', '%1B[2J%1B]0;title%07'],
    ['terminal commands of eight bits', 'a\u009b2Jb', 'a%9B2Jb'],
    ['line separators of Unicode', 'a\u2028b\u2029c\u0085d', 'a%2028b%2029c%85d'],
    ['a NUL and a DEL', 'a\u0000b\u007fc', 'a%00b%7Fc'],
    ['a token', `Bearer ${jwt} and so on`, 'Bearer [token] and so on'],
    ['half a token', jwt.slice(0, 30), '[token]'],
    ['an API key', `key=bffk_0123456789abcdef.${'a-B_'.repeat(10)}xyz!`, 'key=[token]!'],
    ['a word that begins like one', 'heyJude', 'heyJude'],
  ])('X-08: %s', (_, given, expected) => {
    expect(plain(given, 200)).toBe(expected)
  })

  it('X-08: 100 KB are cut before anything is done with them', () => {
    expect(plain('x'.repeat(100_000), 200)).toBe('x'.repeat(200))
    expect(plain('\u001b'.repeat(100_000), 200).length).toBeLessThanOrEqual(200)
  })
})

describe('plainPath', () => {
  it.each([
    ['/api/orders/42', '/api/orders/42'],
    ['/', '/'],
    ['*', '*'],
    ['/bff/callback?code=secret&state=s', '/bff/callback'],
    ['/bff/callback#access_token=secret', '/bff/callback'],
    ['/cart;jsessionid=secret/items', '/cart'],
    ['/bff/callback%3Fcode=secret', '/bff/callback'],
    ['/bff/callback%3fcode=secret', '/bff/callback'],
    ['/a%23secret', '/a'],
    ['/cart%3Bjsessionid=secret', '/cart'],
    ['http://user:secret@shop.example/api/me?code=secret', '/api/me'],
    ['http://user:secret@shop.example', ''],
    [`/reset/${jwt}`, '/reset/[token]'],
    [`/reset/${'k'.repeat(65)}/now`, '/reset/[long]/now'],
    ['/orders/018f5c1e-7c7e-7b53-9f2e-0242ac120002', '/orders/018f5c1e-7c7e-7b53-9f2e-0242ac120002'],
    ['/a\u001b[2J', '/a%1B[2J'],
    [`/${'a/'.repeat(8_000)}`, `/${'a/'.repeat(8_000)}`.slice(0, 512)],
  ])('X-08: target %#', (url, path) => {
    expect(plainPath(url)).toBe(path)
  })
})

describe('plainError', () => {
  it('X-08: tells what caused it, not what libraries hang on it', () => {
    const inner = Object.assign(new Error('socket hang up'), { config: { headers: { authorization: 'secret' } } })
    const { message, stack } = plainError(new TypeError('orders: reset', { cause: inner }))
    expect(message).toBe('orders: reset')
    expect(stack).toMatch(/^TypeError: orders: reset\n {4}at [^]*\ncaused by Error: socket hang up\n/)
    expect(stack).not.toContain('secret')
  })

  it('X-08: cleans and cuts', () => {
    const { message, stack } = plainError(
      new Error(`\u001b[2J ${jwt} ${'x'.repeat(100_000)}\n${'line\n'.repeat(100_000)}`),
    )
    expect(message).toMatch(/^%1B\[2J \[token\] x+$/)
    expect(message.length).toBeLessThanOrEqual(256)
    expect(stack).toMatch(/^Error: %1B\[2J \[token\] x+/)
    expect(stack.length).toBeLessThanOrEqual(2_000)
  })

  it('ends when an error is its own cause, and does not show what is no error', () => {
    const error = new Error('round')
    error.cause = error
    expect(plainError(error).stack.match(/Error: round/g)!.length).toBeLessThanOrEqual(5)
    expect(plainError('a secret')).toMatchObject({ message: 'string', stack: 'string' })
  })
})
