import { describe, expect, it } from '@jest/globals'
import { clearCookie, readCookies, setCookie } from './cookie.ts'
import { sessionCookie } from './session-cookie.ts'

const session = sessionCookie()

describe('cookies', () => {
  it('B-4, B-5, B-7, B-8: are written by the rules of their prefix', () => {
    expect(session.set('id')).toBe('__Host-Http-sid=id; Path=/; Secure; HttpOnly; SameSite=Strict')
    expect(setCookie('__Host-tx', { value: 'v', sameSite: 'Lax', maxAge: 600 })).toBe(
      '__Host-tx=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600',
    )
    expect(clearCookie('__Host-tx', 'Lax')).toBe('__Host-tx=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0')
  })

  it('C-6: are read in their order, each as it is', () => {
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
    ['a=1; __Host-Http-sid=id', ['id']],
    ['__Host-Http-sid=one; __Host-Http-sid=two', ['one', 'two']],
    ['__host-sid=id', []],
    ['__Host-Http-sid =id', []],
    ['=__Host-Http-sid=id', []],
    ['$Version=1; $Path=/; x__Host-Http-sid=id', []],
    ['\u2000__Host-Http-sid=id', []],
    ['\u00a0__Host-Http-sid=id', []],
    ['\u000b__Host-Http-sid=id', []],
    ['sid=id; __Secure-sid=id', []],
    ['x="__Host-Http-sid=id"', []],
  ])('K-01, K-02: of %j the session ids are %j', (header, ids) => {
    expect(session.ids(header)).toEqual(ids)
  })
})
