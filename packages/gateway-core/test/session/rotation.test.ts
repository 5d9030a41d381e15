import { afterEach, describe, expect, it } from '@jest/globals'
import { type Browser, browser } from '../browser.ts'
import { ACCESS_TTL } from '../oidc.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

const [old, next] = ['old', 'next'].map((name) => `the-${name}-key-of-this-test-for-sessions`) as [string, string]

let now = Date.now()
afterEach(() => {
  now = Date.now()
})

/** Two processes on one store, each with a ring of its own. */
const processes = (...rings: readonly (readonly string[])[]) =>
  webApp({ processes: rings.length, clock: () => now, keysOf: (nth) => rings[nth]! })

const at = (process: number, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { 'x-process': String(process) },
})

/** A login that begins and ends at one process. */
async function signInAt(web: WebApp, process: number, someone: Browser = browser()): Promise<Browser> {
  const there = at(process)
  const start = await someone.request(`${web.url}/bff/login`, there)
  const callback = await someone.follow(start.headers.get('location')!, `${web.url}/bff/callback`)
  expect((await someone.request(callback, there)).status).toBe(303)
  return someone
}

describe('a rotation of the keys that seal sessions', () => {
  const steps = [
    ['the new key is published', [old], [old, next]],
    ['the new key seals', [old, next], [next, old]],
    ['the old key goes', [next, old], [next]],
  ] as const

  it.each(steps)('K-04: while %s nobody notices, whichever process they come to', async (step, before, after) => {
    await using web = await processes(before, after)
    // What the old key has sealed is over by the last step.
    const origins = step === 'the old key goes' ? [1] : [0, 1]
    for (const origin of [...origins, ...origins]) {
      const someone = await signInAt(web, origin)
      for (const process of [0, 1, 0]) expect((await web.ask(someone, '/api/things', at(process))).status).toBe(200)
      // Refreshed, it is sealed anew.
      now += ACCESS_TTL
      for (const process of [1, 0]) expect((await web.ask(someone, '/api/things', at(process))).status).toBe(200)
    }
  })
})

describe('a session that was sealed by a key which a process does not have', () => {
  const misconfigured = () => processes([old], [next, old])

  it('K-04: is refused for now: 503, and neither the cookie nor the entry is taken away', async () => {
    await using web = await misconfigured()
    const someone = await signInAt(web, 1)
    for (const [path, init] of [
      ['/api/things', {}],
      ['/bff/session', {}],
      ['/bff/sessions', {}],
      ['/api/visitor', {}],
      ['/bff/logout', { method: 'POST' }],
    ] as const) {
      const answer = await web.ask(someone, path, at(0, init))
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await answer.json()).toMatchObject({ code: 'identity-unavailable' })
    }
    expect(web.cookies(someone).get(SID)).toBeDefined()
    expect((await web.ask(someone, '/api/things', at(1))).status).toBe(200)
  })

  it('K-04: is ended by a new login at that process, which succeeds', async () => {
    await using web = await misconfigured()
    const someone = await signInAt(web, 1)
    const first = web.cookies(someone).get(SID)!
    await signInAt(web, 0, someone)
    expect((await web.ask(someone, '/api/things', at(0))).status).toBe(200)
    web.cookies(someone).set(SID, first)
    expect((await web.ask(someone, '/api/things', at(1))).status).toBe(401)
  })

  it('K-04: is on the list of its owner and ended by a sign-out elsewhere, though a login at that process has looked at it', async () => {
    await using web = await misconfigured()
    const [desk, sofa] = [await signInAt(web, 1), await signInAt(web, 0)]
    const listed = await (await web.ask(sofa, '/bff/sessions', at(1))).json()
    expect(listed).toMatchObject({ items: { length: 2 } })
    await web.ask(sofa, '/bff/sessions?except=current', at(1, { method: 'DELETE' }))
    expect((await web.ask(desk, '/api/things', at(1))).status).toBe(401)
  })
})
