import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bearer } from '../src/auth.ts'
import { issuer, readEnv, url } from '../src/env.ts'
import { browser } from './browser.ts'
import { mount, whoAmI } from './mount.ts'
import { RESOURCE } from './oidc.ts'
import { type WebApp, webApp } from './web-app.ts'

let web: WebApp
/** As an app reads it. */
let configured: { readonly IDENTITY_URL: string; readonly SERVICE_URL: string }

beforeAll(async () => {
  web = await webApp({ issuerEnds: '/', backchannel: true })
  const env = { IDENTITY_URL: web.idp.issuer, SERVICE_URL: web.idp.issuer }
  configured = readEnv({ IDENTITY_URL: issuer(''), SERVICE_URL: url('') }, env)
})
afterAll(() => web[Symbol.asyncDispose]())

describe('an issuer that ends in a slash', () => {
  it('is read to the letter, where a base address is not', () => {
    expect(web.idp.issuer).toMatch(/\/$/)
    expect(configured).toEqual({ IDENTITY_URL: web.idp.issuer, SERVICE_URL: web.idp.issuer.slice(0, -1) })
  })

  it('signs somebody in and, when the session ends there, out', async () => {
    const ada = await web.signIn(browser())
    expect((await web.ask(ada, '/api/things')).status).toBe(200)
    await web.signOutAtProvider(ada)
    expect((await web.ask(ada, '/api/things')).status).toBe(401)
  })

  it('is that of its access tokens, and no other is', async () => {
    await web.signIn(browser())
    const headers = { authorization: `Bearer ${web.idp.issued.at(-1)}` }
    const statusUnder = async (name: string) => {
      await using app = await mount()
      app.use({ authenticate: bearer({ issuer: name, audience: RESOURCE }), routes: [whoAmI] })
      return (await fetch(`${app.url}/api/me`, { headers })).status
    }
    expect(await statusUnder(configured.IDENTITY_URL)).toBe(200)
    expect(await statusUnder(configured.SERVICE_URL)).toBe(401)
  })
})
