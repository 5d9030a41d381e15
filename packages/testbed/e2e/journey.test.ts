import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Page } from 'playwright-core'
import { bearer } from '@bff/gateway-core/client'
import { mobileClient } from '@bff/mobile'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { people, type Shop, startShop } from '../src/index.ts'
import { browse, hasBrowser } from './browser.ts'
import { buy, heading, logIn } from './buy.ts'

const dist = new URL('../../../apps/web/dist', import.meta.url).pathname

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ webRoot: dist, stepMs: 300 })
}, 30_000)

afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

/** Tabs to the element with this name and presses Enter. */
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

const suite = hasBrowser() ? describe : describe.skip

suite('in a real browser', () => {
  it.each([
    ['a wide screen', 1_280],
    ['a narrow screen', 360],
  ])(
    'one browses, signs in, buys, confirms and finds the order again, on %s',
    async (_, width) => {
      await using browser = await browse(width)
      const orderId = await buy(browser, shop.web, String(width))
      for (const path of ['', 'cart', 'orders', `orders/${orderId}`]) {
        await browser.page.goto(`${shop.web}/${path}`)
        await heading(browser.page, /./)
        expect(await browser.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
      }
      // Before sign-in, the session request answers 401.
      expect(browser.complaints.filter((line) => !line.includes('401'))).toEqual([])

      const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
      const app = mobileClient({ baseUrl: shop.mobile, as: bearer({ token: { accessToken } }) })
      expect((await app('GET /m/v1/orders/:id', { id: orderId })).id).toBe(orderId)
    },
    60_000,
  )

  it('one does all of it without a mouse', async () => {
    await using browser = await browse(1_280)
    const { page } = browser
    await page.goto(`${shop.web}/bff/login?returnUrl=/`)
    await logIn(page)
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
    // What has been shown before is shown again, however old; what nobody has opened yet cannot be.
    await page.locator('main a[href^="/products/prd_"]').last().click()
    await page.getByRole('alert').first().waitFor()
    await shoot('failed-catalog')
    shop.services.catalog.faults.clear()
    await page
      .getByRole('button', { name: /try again|retry/i })
      .first()
      .click()
    await page.getByRole('button', { name: 'Add to cart' }).waitFor()
  }, 60_000)

  it('one signs out of the app and of the provider by one click, and a failed sign-in is told on a page', async () => {
    await using browser = await browse(1_280)
    const { page } = browser
    await page.goto(`${shop.web}/bff/login?returnUrl=/`)
    await logIn(page)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(page.url()).toBe(`${shop.web}/`)
    await page.goto(`${shop.web}/bff/callback?code=x&state=y`)
    await heading(page, 'Signing in did not work')
    // The provider has forgotten the user as well, so it asks for credentials.
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await logIn(page)
    expect(browser.complaints.filter((line) => !/40[01]/.test(line))).toEqual([])
  }, 60_000)
})
