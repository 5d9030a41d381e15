import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Page } from 'playwright-core'
import { mobileClient } from '@bff/mobile'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { people, type Shop, startShop } from '../src/index.ts'
import { browse, hasBrowser } from './browser.ts'

const dist = new URL('../../../apps/web/dist', import.meta.url).pathname

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ webRoot: dist, stepMs: 300 })
}, 30_000)

afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

async function logIn(page: Page): Promise<void> {
  await page.getByLabel(/mail/i).fill(people.ada.login)
  await page.getByLabel(/password/i).fill(people.ada.password)
  await page.keyboard.press('Enter')
}

/** Move the focus by Tab alone until it is on what has this name, and press Enter. */
async function tabTo(page: Page, role: 'link' | 'button', name: string | RegExp): Promise<void> {
  const target = page.getByRole(role, { name }).first()
  await target.waitFor()
  for (let steps = 0; steps < 80; steps++) {
    if (await target.evaluate((element) => element === document.activeElement)) break
    await page.keyboard.press('Tab')
  }
  expect(await target.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('Enter')
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()

const suite = hasBrowser() ? describe : describe.skip

suite('in a real browser', () => {
  it.each([
    ['a wide screen', 1_280],
    ['a narrow screen', 360],
  ])(
    'one browses, signs in, buys, confirms and finds the order again, on %s',
    async (_, width) => {
      await using browser = await browse(width)
      const { page, shoot } = browser
      await page.goto(shop.web)
      await heading(page, /./)
      await page.getByRole('main').getByRole('link').first().waitFor()
      await shoot(`${width}-home`)
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)

      await page.getByRole('link', { name: 'Sign in' }).click()
      await shoot(`${width}-login`)
      await logIn(page)
      await page.getByRole('button', { name: 'Sign out' }).waitFor()

      await page.locator('main a[href^="/products/"]').first().click()
      await page.getByRole('button', { name: 'Add to cart' }).waitFor()
      await shoot(`${width}-product`)
      await page.getByRole('button', { name: 'Add to cart' }).click()
      await page
        .getByText(/in your cart/i)
        .first()
        .waitFor()

      await page.getByRole('link', { name: 'Cart', exact: true }).click()
      await page.getByRole('button', { name: 'Check out' }).waitFor()
      await shoot(`${width}-cart`)
      await page.getByRole('button', { name: 'Check out' }).click()

      await heading(page, 'Checkout')
      await page.getByRole('main').getByText('Ada Lovelace').waitFor()
      await shoot(`${width}-checkout`)
      const orderId = page.url().split('/').at(-1)!
      await page.getByRole('button', { name: 'Confirm order' }).click()
      await page.waitForURL(`**/orders/${orderId}`)
      await page
        .getByText(/confirmed/i)
        .first()
        .waitFor()
      await shoot(`${width}-order`)

      await page.getByRole('link', { name: 'My orders' }).click()
      await page.locator(`main a[href="/orders/${orderId}"]`).first().waitFor()
      await shoot(`${width}-orders`)
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
      expect(browser.complaints.filter((line) => !line.includes('401'))).toEqual([])

      const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
      const app = mobileClient({ baseUrl: shop.mobile, token: () => Promise.resolve(accessToken) })
      expect((await app('GET /m/v1/orders/:id', { id: orderId })).id).toBe(orderId)
    },
    60_000,
  )

  it('one does all of it without a mouse', async () => {
    await using browser = await browse(1_280)
    const { page } = browser
    await page.goto(`${shop.web}/bff/login?returnUrl=/`)
    await logIn(page)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    const product = page.locator('main a[href^="/products/prd_"]').first()
    await product.waitFor()
    await tabTo(page, 'link', (await product.getAttribute('aria-label')) ?? (await product.innerText()).split('\n')[0]!)
    await tabTo(page, 'button', 'Add to cart')
    await page
      .getByText(/in your cart/i)
      .first()
      .waitFor()
    await tabTo(page, 'link', /^Cart/)
    await tabTo(page, 'button', 'Check out')
    await heading(page, 'Checkout')
    await tabTo(page, 'button', 'Confirm order')
    await page.waitForURL('**/orders/*')
    await page
      .getByText(/confirmed/i)
      .first()
      .waitFor()
  }, 60_000)

  it('sees what is degraded, and what has failed, said in words', async () => {
    await using browser = await browse(1_280)
    const { page, shoot } = browser
    shop.services.reviews.faults.set([{ mode: 'hang' }])
    await page.goto(shop.web)
    await page.locator('main a[href^="/products/prd_"]').first().click()
    await page
      .getByText(/reviews .*(?:not|cannot)/i)
      .first()
      .waitFor()
    await shoot('degraded-reviews')
    shop.services.reviews.faults.clear()
    shop.services.catalog.faults.set([{ mode: 'reset' }])
    await page.goto(`${shop.web}/`)
    await page.getByRole('alert').first().waitFor()
    await shoot('failed-catalog')
    shop.services.catalog.faults.clear()
    await page
      .getByRole('button', { name: /try again|retry/i })
      .first()
      .click()
    await page.locator('main a[href^="/products/prd_"]').first().waitFor()
  }, 60_000)

  it('holds no token, anywhere a script or a person can look', async () => {
    await using browser = await browse(1_280)
    const { page, context } = browser
    const bodies: string[] = []
    page.on('response', (answer) => {
      if (answer.url().startsWith(shop.web)) bodies.push(JSON.stringify(answer.headers()), answer.url())
    })
    await page.goto(`${shop.web}/bff/login?returnUrl=/cart`)
    await logIn(page)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    const stored = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]),
    )
    const session = (await context.cookies(shop.web)).find(({ name }) => name === '__Host-sid')
    expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' })
    const token = /eyJ[\w-]{10,}\.[\w-]+\./
    expect(stored).not.toMatch(token)
    expect(await page.content()).not.toMatch(token)
    expect(bodies.join('\n')).not.toMatch(token)
  }, 60_000)
})
