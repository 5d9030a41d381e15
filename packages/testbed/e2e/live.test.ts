import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Shop, startShop } from '../src/index.ts'
import { browse, hasBrowser } from './browser.ts'
import { buy, heading } from './buy.ts'

const dist = new URL('../../../apps/web/dist', import.meta.url).pathname

let shop: Shop

beforeAll(async () => {
  shop = await startShop({ webRoot: dist, stepMs: 6_000 })
}, 30_000)

afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

const suite = hasBrowser() ? describe : describe.skip

suite('an order that is looked at, in a real browser', () => {
  it('moves on without a reload, also while tracking is stopped and started again, and the page says when it cannot', async () => {
    await using browser = await browse(1_280)
    const { page, shoot } = browser
    const orderId = await buy(browser, shop.web, 'live')
    const opened = page.waitForResponse((answer) => answer.url().includes(`/api/orders/${orderId}/events`))
    await page.locator(`main a[href="/orders/${orderId}"]`).first().click()
    await heading(page, `Order ${orderId}`)
    expect((await opened).headers()['content-type']).toBe('text/event-stream; charset=utf-8')
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    const done = (status: string) => page.locator('.timeline .done').getByText(status, { exact: true }).waitFor()
    const said = page.getByRole('status').getByText(/Live updates are off/)

    await done('Confirmed')
    await shop.restart('tracking', async () => {
      await said.waitFor()
      await shoot('live-off')
    })
    await said.waitFor({ state: 'detached' })
    await done('Packed')
    await shop.restart('tracking')
    await done('Shipped')
    await page.getByRole('status').getByText(`Order ${orderId}: Delivered.`).waitFor()
    await done('Delivered')
    await shoot('live-delivered')

    const { sameDocument, streams } = await page.evaluate(() => ({
      sameDocument: 'sameDocument' in window,
      streams: performance.getEntriesByType('resource').filter(({ name }) => name.includes('/events')).length,
    }))
    expect(sameDocument).toBe(true)
    expect(streams).toBeGreaterThan(0)
  }, 90_000)
})
