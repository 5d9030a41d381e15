import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { logger } from '@bff/service-kit'
import type { Page, Response as Answer } from 'playwright-core'
import { type Shop, startShop } from '../src/index.ts'
import { browse, type Browsing, hasBrowser } from './browser.ts'
import { heading, logIn } from './buy.ts'

const SID = '__Host-Http-sid'
const dist = new URL('../../../apps/web/dist', import.meta.url).pathname

let shop: Shop
let written = ''
/** Every token and code the provider gave web-bff, by name. */
const given = new Map<string, Set<string>>()
const { fetch } = globalThis

const keep = (name: string, value: unknown): void => {
  if (typeof value !== 'string' || value === '') return
  given.set(name, (given.get(name) ?? new Set()).add(value))
}

/** Sits between web-bff and the provider: records what is issued and shortens token lifetimes, so that each request refreshes. */
const overheard: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init)
  if (new URL(String(input)).href !== `${shop.issuer}/token`) return answer
  const told = (await answer.json()) as Record<string, unknown>
  for (const name of ['access_token', 'refresh_token', 'id_token']) keep(name, told[name])
  return Response.json({ ...told, expires_in: 20 }, { status: answer.status })
}

beforeAll(async () => {
  const log = logger('shop', 'trace', { write: (line) => void (written += line) })
  shop = await startShop({ webRoot: dist, log })
  globalThis.fetch = overheard
}, 30_000)
afterAll(async () => {
  globalThis.fetch = fetch
  await shop[Symbol.asyncDispose]()
})

/** Everything the page's scripts could read and a user could see. */
const visible = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const rows: unknown[] = []
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name)
        opening.addEventListener('success', () => resolve(opening.result))
        opening.addEventListener('error', () => reject(opening.error))
      })
      for (const table of db.objectStoreNames) {
        rows.push(
          await new Promise((resolve) => {
            const all = db.transaction(table).objectStore(table).getAll()
            all.addEventListener('success', () => resolve(all.result))
          }),
        )
      }
    }
    const cached: string[] = []
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) cached.push(request.url, await (await cache.match(request))!.text())
    }
    const storages = [
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      rows,
      cached,
      history.state as unknown,
    ]
    return [JSON.stringify(storages), document.cookie, location.href, document.documentElement.outerHTML].join('\n')
  })

/** Everything sent to the browser except the session cookie's value. */
async function textOf(answer: Answer): Promise<string> {
  const headers = (await answer.headersArray()).map(({ name, value }) =>
    name.toLowerCase() === 'set-cookie' ? value.replace(new RegExp(`^${SID}=[^;]*`), SID) : `${name}: ${value}`,
  )
  const body = await answer.text().catch(() => '')
  return [answer.url(), ...headers, body].join('\n')
}

/** Collects what is visible from now on. */
function watch({ page, context }: Browsing) {
  const answers: Promise<string>[] = []
  const cookies: Promise<string | null>[] = []
  page.on('response', (answer) => {
    keep('code', new URL(answer.url()).searchParams.get('code'))
    // The provider's pages are its own business, but not their URLs.
    answers.push(answer.url().startsWith(shop.web) ? textOf(answer) : Promise.resolve(answer.url()))
    if (answer.url().startsWith(`${shop.web}/api/`)) cookies.push(answer.request().headerValue('cookie'))
  })
  return {
    cookies,
    seen: async () => {
      for (const { name, value } of await context.cookies(shop.web)) if (name === SID) keep('session', value)
      return [...(await Promise.all(answers)), await visible(page)].join('\n')
    },
  }
}

const jwt = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/

/** Names of secrets found in the text. */
const found = (text: string, names: readonly string[] = [...given.keys()]): string[] => [
  ...(jwt.test(text) ? ['a JWT'] : []),
  ...names.filter((name) => [...(given.get(name) ?? [])].some((value) => text.includes(value))),
]

const suite = hasBrowser() ? describe : describe.skip

suite('B-25: no token, and no session but in its cookie', () => {
  it('is to be found in storage, page, cookies of scripts, addresses, answers or logs, from sign-in to sign-out', async () => {
    await using browser = await browse(1_280)
    const { page, context } = browser
    const watched = watch(browser)
    const secrets = ['access_token', 'refresh_token', 'id_token', 'session']
    await page.goto(`${shop.web}/bff/login?returnUrl=/`)
    await logIn(page)
    const first = await watched.seen()
    expect(found(first, secrets)).toEqual([])
    // A code must appear once, in a URL, which shows that the search works.
    expect(found(first, ['code'])).toEqual(['code'])

    const before = given.get('refresh_token')!.size
    await page.locator('main a[href^="/products/prd_"]').first().click()
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await page
      .getByText(/in your cart/)
      .first()
      .waitFor()
    await page.goto(`${shop.web}/cart`)
    await heading(page, /./)
    expect(given.get('refresh_token')!.size).toBeGreaterThan(before)
    expect(found(await watched.seen(), secrets)).toEqual([])
    for (const cookie of await Promise.all(watched.cookies)) expect(cookie?.length ?? 0).toBeLessThanOrEqual(200)

    const [session] = (await context.cookies(shop.web)).filter(({ name }) => name === SID)
    expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(found(await watched.seen(), secrets)).toEqual([])

    // The lines exist, for the events that could leak a token.
    for (const event of ['authn_login_success', 'session_renewed', 'session_expired']) expect(written).toContain(event)
    expect([...given.keys()].toSorted()).toEqual(['access_token', 'code', 'id_token', 'refresh_token', 'session'])
    expect(found(written)).toEqual([])
  }, 60_000)
})
