import type { Page } from 'playwright-core'
import { people } from '../src/index.ts'
import type { Browsing } from './browser.ts'

export const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor()

/** Signs Ada in on the current login page. */
export async function logIn(page: Page): Promise<void> {
  await page.getByLabel(/mail/i).fill(people.ada.login)
  await page.getByLabel(/password/i).fill(people.ada.password)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/** Browses, signs in, buys, confirms and finds the order again, from the home page of `web`. Returns the order's ID. */
export async function buy({ page, shoot }: Browsing, web: string, picture: string): Promise<string> {
  await page.goto(web)
  await heading(page, /./)
  await page.locator('main a[href^="/products/prd_"]').first().waitFor()
  await shoot(`${picture}-home`)

  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel(/mail/i).waitFor()
  await shoot(`${picture}-login`)
  await logIn(page)

  await page.locator('main a[href^="/products/prd_"]').first().click()
  await page.getByRole('button', { name: 'Add to cart' }).waitFor()
  await shoot(`${picture}-product`)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page
    .getByRole('main')
    .getByText(/in your cart/)
    .waitFor()

  await page.getByRole('link', { name: 'Cart', exact: true }).click()
  await page.getByRole('button', { name: 'Check out' }).waitFor()
  await shoot(`${picture}-cart`)
  await page.getByRole('button', { name: 'Check out' }).click()

  await heading(page, 'Checkout')
  await page.getByRole('main').getByText('Ada Lovelace').waitFor()
  await shoot(`${picture}-checkout`)
  const orderId = page.url().split('/').at(-1)!
  await page.getByRole('button', { name: 'Confirm order' }).click()
  await page.waitForURL(`**/orders/${orderId}`)
  await page.getByRole('main').getByText('Confirmed').first().waitFor()
  await shoot(`${picture}-order`)

  await page.getByRole('link', { name: 'My orders' }).click()
  await page.locator(`main a[href="/orders/${orderId}"]`).first().waitFor()
  await shoot(`${picture}-orders`)
  return orderId
}
