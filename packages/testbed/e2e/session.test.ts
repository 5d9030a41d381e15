import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Page } from 'playwright-core'
import { people, type Shop, startShop } from '../src/index.ts'
import { browse, hasBrowser } from './browser.ts'

const SID = '__Host-Http-sid'

let shop: Shop

beforeAll(async () => {
  shop = await startShop({})
}, 30_000)
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

/** A page of another site, or of another port of this one, that sets these cookies. */
async function other(setCookie: readonly string[] = []) {
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/html', 'set-cookie': [...setCookie] })
    res.end(`<!doctype html><a href="${shop.web}/bff/session">a link</a>`)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const signIn = async (page: Page): Promise<void> => {
  await page.goto(`${shop.web}/bff/login`)
  await page.getByLabel(/mail/i).fill(people.ada.login)
  await page.getByLabel(/password/i).fill(people.ada.password)
  await page.keyboard.press('Enter')
  // No client is served here: any response of this site will do.
  await page.waitForURL(`${shop.web}/`)
}

/** Reads the session as the page's script does. */
const session = (page: Page): Promise<unknown> =>
  page.evaluate(() => fetch('/bff/session', { headers: { 'x-csrf': '1' } }).then((answer) => answer.json()))

const suite = hasBrowser() ? describe : describe.skip

suite('the cookie of a session, in a real browser', () => {
  it('C-8: is set by no script, and by no other program of this host that a script could be behind', async () => {
    await using browser = await browse(800)
    const { page, context } = browser
    await using sibling = await other([
      `${SID}=evil; Path=/; Secure`,
      `${SID}=evil; Path=/; Secure; Domain=localhost`,
      'theirs=1',
    ])
    const sids = async () => (await context.cookies(shop.web)).filter(({ name }) => name === SID)
    await page.goto(`http://localhost:${sibling.port}/`)
    // All ports of a host share cookies, so this one is present.
    expect((await context.cookies(shop.web)).map(({ name }) => name)).toEqual(['theirs'])
    await page.goto(`${shop.web}/bff/session`)
    const plant = (text: string) => page.evaluate((cookie) => void (document.cookie = cookie), text)
    await plant(`${SID}=evil; Path=/; Secure; SameSite=Strict`)
    expect(await sids()).toEqual([])
    await signIn(page)
    const [mine] = await sids()
    expect(mine).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: 'localhost' })
    await plant(`${SID}=evil; Path=/; Secure; SameSite=Strict`)
    await plant(`${SID}=; Path=/; Secure; Max-Age=0`)
    expect(await sids()).toEqual([mine])
    expect(await page.evaluate(() => document.cookie)).toBe('theirs=1')
  }, 60_000)

  it('C-9, C-10: is left out of a link from another site, and there again for the first script of the page', async () => {
    await using browser = await browse(800)
    const { page } = browser
    await signIn(page)
    // The redirect that ends a login comes from another site, too.
    expect(await session(page)).toMatchObject({ authenticated: true })
    await using elsewhere = await other()
    await page.goto(`http://127.0.0.1:${elsewhere.port}/`)
    await page.getByText('a link').click()
    await page.waitForURL(`${shop.web}/bff/session`)
    expect(JSON.parse(await page.locator('body').innerText())).toEqual({ authenticated: false })
    expect(await session(page)).toMatchObject({ authenticated: true })
  }, 60_000)
})
