import { describe, expect, it } from '@jest/globals'
import { clearCookie, readCookies, setCookie } from './cookie.ts'
import { sessionIds, setSession } from './session-cookie.ts'

describe('cookies', () => {
  it('are written by the rules of their prefix', () => {
    expect(setSession('id')).toBe('__Host-sid=id; Path=/; Secure; HttpOnly; SameSite=Strict')
    expect(setCookie('__Host-tx', { value: 'v', sameSite: 'Lax', maxAge: 600 })).toBe(
      '__Host-tx=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600',
    )
    expect(clearCookie('__Host-tx', 'Lax')).toBe('__Host-tx=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0')
  })

  it('are read in their order, each as it is', () => {
    expect(readCookies('a=1; b="2" ;\tc=3=4; d; =e; a=5')).toEqual([
      ['a', '1'],
      ['b', '"2"'],
      ['c', '3=4'],
      ['', 'd'],
      ['', 'e'],
      ['a', '5'],
    ])
  })

  it.each([
    [undefined, []],
    ['', []],
    ['a=1; __Host-sid=id', ['id']],
    ['__Host-sid=one; __Host-sid=two', ['one', 'two']],
    ['__host-sid=id', []],
    ['__Host-sid =id', []],
    ['=__Host-sid=id', []],
    ['$Version=1; $Path=/; x__Host-sid=id', []],
    ['\u2000__Host-sid=id', []],
    ['\u00a0__Host-sid=id', []],
    ['\u000b__Host-sid=id', []],
    ['sid=id; __Secure-sid=id', []],
    ['x="__Host-sid=id"', []],
  ])('of %j the session ids are %j', (header, ids) => {
    expect(sessionIds(header)).toEqual(ids)
  })
})
