import { afterEach, describe, expect, it } from '@jest/globals'
import { type Browser, browser } from '../browser.ts'
import { CLIENT } from './provider.ts'
import { isSignedIn, leaked, setUp, type SetUp } from './set-up.ts'

let bff: SetUp

afterEach(async () => {
  await bff[Symbol.asyncDispose]()
})

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const post = (someone: Browser, headers: Record<string, string>, body?: string) =>
  someone.request(`${bff.url}/bff/logout`, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })

/** A browser that knows nothing of Fetch Metadata. */
const postOld: typeof post = (someone, headers, body = '') => {
  const cookie = [...someone.cookies(bff.url)].map((pair) => pair.join('=')).join('; ')
  const init = { method: 'POST', headers: { ...form, ...headers, cookie }, body }
  return fetch(`${bff.url}/bff/logout`, { ...init, redirect: 'manual' })
}

const ours = () => ({ 'sec-fetch-site': 'same-origin', origin: bff.url })

/** The provider's name of the session, and no token. */
const expectEndSession = (url: string, hint: Record<string, string> = { logout_hint: 'sid-of-someone' }) => {
  const { origin, pathname, searchParams } = new URL(url)
  expect([origin, pathname]).toEqual([bff.idp.issuer, '/end'])
  expect(Object.fromEntries(searchParams)).toEqual({
    client_id: CLIENT.id,
    post_logout_redirect_uri: `${bff.url}/`,
    ...hint,
  })
}

describe('POST /bff/logout', () => {
  it('ends the session, then its refresh token, then says where the browser signs out of the provider', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    let ended: boolean | undefined
    const thief = browser()
    thief.cookies(bff.url).set('__Host-Http-sid', someone.cookies(bff.url).get('__Host-Http-sid')!)
    bff.idp.lie = {
      answer: {
        '/revoke': async (_req, res) => {
          // By then nobody can use it any more.
          ended = !(await isSignedIn(bff, thief))
          res.end()
        },
      },
    }
    const response = await post(someone, { 'x-csrf': '1' })
    expect([response.status, ended]).toEqual([200, true])
    const { endSessionUrl } = (await response.json()) as { endSessionUrl: string }
    expectEndSession(endSessionUrl)
    const [revoked] = bff.idp.asked.filter(({ path }) => path === '/revoke')
    expect(revoked!.fields.get('token_type_hint')).toBe('refresh_token')
    expect(leaked(bff, endSessionUrl)).toEqual([])
    expect(someone.cookies(bff.url).get('__Host-Http-sid')).toBeUndefined()
  })

  it('is answered itself, when a session ends itself, however long the provider takes', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    const answer = await someone.request(`${bff.url}/bff/sessions`, { headers: { 'x-csrf': '1' } })
    const { items } = (await answer.json()) as { items: [{ id: string }] }
    bff.idp.lie = { answer: { '/revoke': (_req, res) => void setTimeout(() => res.end(), 300) } }
    const init = { method: 'DELETE', headers: { 'x-csrf': '1' } }
    const response = await someone.request(`${bff.url}/bff/sessions/${items[0].id}`, init)
    expect([response.status, await response.json()]).toEqual([200, { ended: 1 }])
    expect(someone.cookies(bff.url).get('__Host-Http-sid')).toBeUndefined()
  })

  it('sends a form of this site on at once', async () => {
    bff = await setUp()
    for (const headers of [ours(), { 'sec-fetch-site': 'same-origin', origin: 'null' }, { origin: bff.url }]) {
      const someone = await bff.signIn()
      const send = 'sec-fetch-site' in headers ? post : postOld
      const response = await send(someone, { ...form, ...headers }, 'any=thing')
      expect(response.status).toBe(303)
      expectEndSession(response.headers.get('location')!)
      expect(await isSignedIn(bff, someone)).toBe(false)
    }
  })

  it.each<Record<string, string>>([
    {},
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'https://sub.evil.example' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    { 'sec-fetch-site': 'none' },
    { origin: 'null' },
    { origin: 'https://evil.example' },
  ])('takes no form that is not known to be of this site: %j', async (headers) => {
    bff = await setUp()
    const someone = await bff.signIn()
    const send = 'sec-fetch-site' in headers ? post : postOld
    const response = await send(someone, { ...form, ...headers }, 'x-csrf=1')
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'csrf-rejected' }])
    expect(await isSignedIn(bff, someone)).toBe(true)
  })

  it('is not for a GET: 405', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    for (const method of ['GET', 'HEAD']) {
      const response = await someone.request(`${bff.url}/bff/logout`, { method, headers: { 'x-csrf': '1' } })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    }
    expect(await isSignedIn(bff, someone)).toBe(true)
  })

  it('may be asked for twice, or by nobody, and then names no session', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    await post(someone, { 'x-csrf': '1' })
    for (const one of [someone, browser()]) {
      const response = await post(one, { 'x-csrf': '1' })
      expect(response.status).toBe(200)
      expectEndSession(((await response.json()) as { endSessionUrl: string }).endSessionUrl, {})
    }
  })

  it('ends here whatever becomes of the provider', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    bff.idp.lie = { answer: { '/revoke': (req) => void req.socket.destroy() } }
    const response = await post(someone, { ...form, ...ours() })
    expect(response.status).toBe(303)
    expect(await isSignedIn(bff, someone)).toBe(false)
    expect(leaked(bff, bff.written.join(''))).toEqual([])
  })

  it('goes to the first page where the provider has no sign-out', async () => {
    bff = await setUp({ metadata: (all) => delete all['end_session_endpoint'] })
    const someone = await bff.signIn()
    expect((await post(someone, { ...form, ...ours() })).headers.get('location')).toBe('/')
    expect(await (await post(someone, { 'x-csrf': '1' })).json()).toEqual({ endSessionUrl: null })
  })
})
