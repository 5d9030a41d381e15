import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { freePort, people, WebBrowser } from '../src/index.ts'

const root = new URL('../../..', import.meta.url).pathname
const stack = new AsyncDisposableStack()
let web: string
let issuer: string

/** Runs a program with only these variables. */
function launch(folder: string, env: Record<string, string>): void {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['src/main.ts'], { cwd: root + folder, env: { PATH, ...env }, stdio: 'ignore' })
  stack.defer(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
}

async function ready(url: string): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) {
    if (performance.now() > end) throw new Error(`${url} does not become ready`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** web-bff and the real provider, with no shared secret: the client authenticates by a key. */
beforeAll(async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }
  const [port, identityPort] = [String(await freePort()), String(await freePort())]
  ;[web, issuer] = [`http://localhost:${port}`, `http://localhost:${identityPort}`]
  const both = { WEB_PUBLIC_URL: web, IDENTITY_URL: issuer, LOG_LEVEL: 'silent' }
  launch('services/identity', {
    ...both,
    IDENTITY_PORT: identityPort,
    WEB_CLIENT_KEYS: JSON.stringify({ keys: [key] }),
    WEB_BACKCHANNEL_URL: `${web}/bff/backchannel`,
  })
  launch('apps/web-bff', {
    ...both,
    WEB_BFF_PORT: port,
    WEB_CLIENT_KEY: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
  })
  await Promise.all([ready(web), ready(issuer)])
}, 30_000)

afterAll(() => stack.disposeAsync())

const ask = async (browser: WebBrowser) =>
  (await (await browser.fetch('/bff/session', { headers: { 'x-csrf': '1' } })).json()) as { authenticated: boolean }
const signedIn = async (browser: WebBrowser): Promise<boolean> => (await ask(browser)).authenticated

async function signIn(person: keyof typeof people = 'ada'): Promise<WebBrowser> {
  const browser = new WebBrowser(web)
  await browser.signIn(people[person])
  return browser
}

describe('web-bff at services/identity', () => {
  it('S-9: signs in by a key and a pushed request, of which the browser sees a reference', async () => {
    const start = await fetch(`${web}/bff/login?returnUrl=/orders`, { redirect: 'manual' })
    const url = new URL(start.headers.get('location')!)
    expect([url.origin, [...url.searchParams.keys()].toSorted()]).toEqual([issuer, ['client_id', 'request_uri']])
    expect(await ask(await signIn())).toMatchObject({
      authenticated: true,
      user: { id: 'cus_ada', name: 'Ada Lovelace' },
    })
  })

  it('C-03: takes a callback once, and from no other browser', async () => {
    const stranger = await fetch(`${web}/bff/callback?code=x&state=${'x'.repeat(43)}&iss=${issuer}`)
    expect([stranger.status, await stranger.json()]).toMatchObject([400, { code: 'login-expired' }])
  })

  it('L-8, L-9: hears of a sign-out there, and ends that person’s session of that sign-in within a second', async () => {
    const [ada, again, grace] = [await signIn(), await signIn(), await signIn('grace')]
    const answer = await ada.fetch('/bff/logout', { method: 'POST', headers: { 'x-csrf': '1' } })
    const { endSessionUrl } = (await answer.json()) as { endSessionUrl: string }
    const query = new URL(endSessionUrl).searchParams
    expect(Object.fromEntries(query)).toEqual({
      client_id: 'web',
      post_logout_redirect_uri: `${web}/`,
      logout_hint: expect.stringMatching(/^[\w-]{10,64}$/),
    })
    expect(await signedIn(ada)).toBe(false)
    expect([await signedIn(again), await signedIn(grace)]).toEqual([true, true])
    // The provider recognizes the client, so it does not ask.
    expect(await (await ada.fetch(endSessionUrl)).text()).toContain('<h1>Signing out</h1>')

    // The user signs out at the provider alone, which is the only one to tell `again`.
    const page = await again.fetch(`${issuer}/session/end?client_id=web`)
    const html = await page.text()
    const [, action = ''] = /action="([^"]+)"/.exec(html) ?? []
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(html) ?? []
    await again.fetch(action, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) })
    const end = performance.now() + 5_000
    while ((await signedIn(again)) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
    expect([await signedIn(again), await signedIn(grace)]).toEqual([false, true])
  })

  it('asks again for the password in a step-up, and the same session there does not do', async () => {
    const ada = await signIn()
    const start = await ada.fetch('/bff/login?prompt=login&max_age=0')
    const interaction = await ada.fetch(start.headers.get('location')!)
    expect(new URL(interaction.headers.get('location')!, issuer).pathname).toMatch(/^\/interaction\//)
    await ada.signIn(people.ada)
    expect(await signedIn(ada)).toBe(true)
  })
})
