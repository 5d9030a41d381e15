import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type Browser, browser } from '../browser.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

let now = Date.now()
let web: WebApp
beforeAll(async () => (web = await webApp({ clock: () => now })))
afterEach(() => {
  now = Date.now()
  web.idp.person = 'someone'
})
afterAll(() => web[Symbol.asyncDispose]())

interface Item {
  readonly id: string
  readonly agent: string | null
  readonly startedAt: string
  readonly seenAt: string
  readonly current: boolean
}

/** As `person`, of whom nobody else in these tests knows. */
const signInAs = async (person: string): Promise<Browser> => {
  web.idp.person = person
  return web.signIn()
}
const list = async (someone: Browser): Promise<readonly Item[]> =>
  ((await (await web.ask(someone, '/bff/sessions')).json()) as { items: Item[] }).items
const end = (someone: Browser, path: string) => web.ask(someone, `/bff/sessions${path}`, { method: 'DELETE' })
const isSignedIn = async (someone: Browser): Promise<boolean> =>
  ((await (await web.ask(someone, '/bff/session')).json()) as { authenticated: boolean }).authenticated

describe('/bff/sessions', () => {
  it('lists where one is signed in, by names that open nothing', async () => {
    const begun = now
    const first = await signInAs('lister')
    now += 1_000
    const second = await signInAs('lister')
    await signInAs('stranger')
    now += 10 * 60_000
    await web.ask(first, '/api/things')
    const items = await list(first)
    expect(items).toEqual(
      [second, first].map((whose) => ({
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        agent: null,
        startedAt: new Date(begun + (whose === first ? 0 : 1_000)).toISOString(),
        seenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:/),
        current: whose === first,
      })),
    )
    expect(Date.parse(items.find(({ current }) => current)!.seenAt)).toBeGreaterThan(now - 60_000)
    const thief = browser()
    for (const { id } of items) {
      web.cookies(thief).set(SID, id)
      expect((await web.ask(thief, '/api/things')).status).toBe(401)
    }
  })

  it('ends one of one’s own, and none of anybody else’s', async () => {
    const [mine, lost, stranger] = [await signInAs('owner'), await signInAs('owner'), await signInAs('other')]
    const { id } = (await list(mine)).find(({ current }) => !current)!
    for (const [someone, name] of [
      [stranger, id],
      [mine, 'x'],
      [mine, '%2e%2e'],
    ] as const) {
      expect((await end(someone, `/${name}`)).status).toBeGreaterThanOrEqual(400)
    }
    expect(await isSignedIn(lost)).toBe(true)
    const ended = await end(mine, `/${id}`)
    expect([ended.status, await ended.json()]).toEqual([200, { ended: 1 }])
    expect(ended.headers.getSetCookie()).toEqual([])
    expect(await isSignedIn(lost)).toBe(false)
    const again = await end(mine, `/${id}`)
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([404, 'session-not-found'])
    expect(await list(mine)).toHaveLength(1)
  })

  it('ends the one that asks, and takes its cookie back', async () => {
    const mine = await signInAs('leaver')
    const [{ id }] = (await list(mine)) as [Item]
    expect((await end(mine, `/${id}`)).status).toBe(200)
    expect(web.cookies(mine).get(SID)).toBeUndefined()
  })

  it('ends all others at once', async () => {
    const [mine, ...others] = [await signInAs('many'), await signInAs('many'), await signInAs('many')]
    const stranger = await signInAs('stranger')
    for (const query of ['', '?except=', '?except=others']) {
      expect((await end(mine, query)).status).toBe(422)
    }
    expect(await (await end(mine, '?except=current')).json()).toEqual({ ended: 2 })
    expect(await Promise.all([mine, stranger, ...others].map(isSignedIn))).toEqual([true, true, false, false])
    expect(await (await end(mine, '?except=current')).json()).toEqual({ ended: 0 })
  })

  it('is for who is signed in', async () => {
    const nobody = browser()
    expect((await web.ask(nobody, '/bff/sessions')).status).toBe(401)
    expect((await end(nobody, '?except=current')).status).toBe(401)
    expect((await end(nobody, '/x')).status).toBe(401)
    await web.ask(nobody, '/api/visitor?data=a', { method: 'PUT' })
    expect((await web.ask(nobody, '/bff/sessions')).status).toBe(401)
  })
})
