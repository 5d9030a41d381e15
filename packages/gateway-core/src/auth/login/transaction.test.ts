import { describe, expect, it } from '@jest/globals'
import { sealingKeys } from '../session/sealing-keys.ts'
import { sessionCookie } from '../session/session-cookie.ts'
import { endTransaction, LIFETIME, transactions } from './transaction.ts'

const [first, second] = ['a'.repeat(32), 'b'.repeat(32)] as const
const ring = (...keys: string[]) => sealingKeys(keys)

/** A browser's cookie jar for these lines, in sending order. */
function browser() {
  const jar = new Map<string, string>()
  return {
    header: () => [...jar].map((pair) => pair.join('=')).join('; '),
    keep: (lines: readonly string[]) => {
      for (const line of lines) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line)!
        if (line.includes('Max-Age=0')) jar.delete(name)
        else jar.set(name, value)
      }
      return [...jar.keys()]
    },
  }
}

function setUp(keys = ring(first)) {
  const time = { now: 1_700_000_000_000 }
  return { time, logins: transactions(keys, () => time.now), tab: browser() }
}

describe('transactions', () => {
  it('C-03, S-4: are found by the browser that began them, until 10 min are over', () => {
    const { time, logins, tab } = setUp()
    const { pending, cookies } = logins.begin({ returnUrl: '/a', maxAge: 0, acr: 'x y' }, undefined)
    tab.keep(cookies)
    expect(logins.find(pending.state, tab.header())).toEqual(pending)
    expect(logins.find(pending.state, undefined)).toBeUndefined()
    expect(logins.find('x'.repeat(43), tab.header())).toBeUndefined()
    time.now += LIFETIME - 1
    expect(logins.find(pending.state, tab.header())).toEqual(pending)
    time.now += 1
    expect(logins.find(pending.state, tab.header())).toBeUndefined()
  })

  it('S-4: cannot be renamed, changed, or sent twice', () => {
    const { logins, tab } = setUp()
    const [one, other] = [logins.begin({ returnUrl: '/a' }, undefined), logins.begin({ returnUrl: '/b' }, undefined)]
    tab.keep(one.cookies)
    const value = tab.header().split('=')[1]!
    const named = (state: string, text: string) => `__Host-Http-tx-${state}=${text}`
    expect(logins.find(other.pending.state, named(other.pending.state, value))).toBeUndefined()
    for (let at = 0; at < value.length; at += 7) {
      const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
      expect(logins.find(one.pending.state, named(one.pending.state, changed))).toBeUndefined()
    }
    for (const text of ['', '.', 'x', `.${value}`, value.slice(0, 20), value.replace('.', '')]) {
      expect(logins.find(one.pending.state, named(one.pending.state, text))).toBeUndefined()
    }
    expect(logins.find(one.pending.state, `${tab.header()}; ${tab.header()}`)).toBeUndefined()
  })

  it('are sealed by the first key and opened by each; a key that is gone takes its logins along, and nothing fails', () => {
    const { logins, tab, time } = setUp(ring(first))
    const { pending, cookies } = logins.begin({ returnUrl: '/a' }, undefined)
    tab.keep(cookies)
    const clock = () => time.now
    expect(transactions(ring(second, first), clock).find(pending.state, tab.header())).toEqual(pending)
    expect(transactions(ring(second), clock).find(pending.state, tab.header())).toBeUndefined()
  })

  it('C-03, C-5: are three at most, and the oldest goes', () => {
    const { logins, tab } = setUp()
    const states: string[] = []
    for (const returnUrl of ['/1', '/2', '/3', '/4', '/5']) {
      const { pending, cookies } = logins.begin({ returnUrl }, tab.header())
      states.push(pending.state)
      expect(tab.keep(cookies).length).toBeLessThanOrEqual(3)
    }
    expect(states.map((state) => logins.find(state, tab.header())?.returnUrl)).toEqual([
      undefined,
      undefined,
      '/3',
      '/4',
      '/5',
    ])
  })

  it('C-5: with the session beside them never make a Cookie field of more than 2 KiB', () => {
    const { logins, tab } = setUp()
    tab.keep([sessionCookie().set('x'.repeat(43))])
    for (const length of [1_023, 500, 200, 1_023, 20, 800, 300, 300, 300]) {
      const { pending, cookies } = logins.begin(
        { returnUrl: `/${'x'.repeat(length)}`, maxAge: 999_999, acr: 'y'.repeat(128), from: 'z'.repeat(43) },
        tab.header(),
      )
      tab.keep(cookies)
      expect(tab.header().length).toBeLessThanOrEqual(2_048)
      expect(logins.find(pending.state, tab.header())).toEqual(pending)
    }
  })

  it('leave the session and the cookies of others alone, and name no cookie twice', () => {
    const { logins } = setUp()
    const junk = Array.from({ length: 5 }, (_, at) => `__Host-Http-tx-${String(at % 3).repeat(43)}=x`)
    const header = ['__Host-sid=abc', '__Host-Http-sid=abc', '__Host-Http-tx-short=x', 'other=1', ...junk].join('; ')
    const names = logins.begin({ returnUrl: '/' }, header).cookies.map((line) => line.slice(0, line.indexOf('=')))
    expect(new Set(names).size).toBe(names.length)
    expect(names.every((name) => /^__Host-Http-tx-[\w-]{43}$/.test(name))).toBe(true)
  })

  it('end by a cookie that is taken back', () => {
    expect(endTransaction('x')).toBe('__Host-Http-tx-x=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0')
  })
})
