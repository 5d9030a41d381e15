import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { people, type Shop, startShop, WebBrowser } from '../src/index.ts'

type Ask = (path: string, init?: RequestInit) => Promise<Response>

let shop: Shop
let web: Ask
let mobile: Ask

beforeAll(async () => {
  shop = await startShop()
  const browser = new WebBrowser(shop.web)
  await browser.signIn(people.ada)
  const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
  web = (path, init) => browser.fetch(path, csrf(init))
  mobile = (path, init = {}) =>
    fetch(new URL(path, shop.mobile), {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${accessToken}` },
    })
}, 30_000)

afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

const csrf = (init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { 'x-csrf': '1', ...(init.headers as Record<string, string>) },
})

const nobody =
  (base: () => string): Ask =>
  (path, init) =>
    fetch(new URL(path, base()), { redirect: 'manual', ...init })

const sent = (body: string): RequestInit => ({ method: 'PUT', body, headers: { 'content-type': 'application/json' } })

interface Refusal {
  readonly what: string
  readonly ask: () => Promise<Response>
  readonly status: number
  readonly code: string
}

const strangers = { web: nobody(() => shop.web), mobile: nobody(() => shop.mobile) }

/** Every kind of refusal that a client of either BFF can get, once each. */
const refusals: readonly Refusal[] = [
  { what: 'web: nobody', ask: () => strangers.web('/api/cart'), status: 401, code: 'session-required' },
  { what: 'mobile: nobody', ask: () => strangers.mobile('/m/v1/cart'), status: 401, code: 'token-missing' },
  { what: 'web: no such path', ask: () => web('/api/none'), status: 404, code: 'route-not-found' },
  { what: 'web: no such product', ask: () => web('/api/products/none'), status: 404, code: 'product-not-found' },
  {
    what: 'mobile: another method',
    ask: () => mobile('/m/v1/home', { method: 'PUT' }),
    status: 405,
    code: 'method-not-allowed',
  },
  { what: 'web: no JSON', ask: () => web('/api/cart/items/x', sent('{')), status: 400, code: 'invalid-json' },
  {
    what: 'mobile: not as agreed',
    ask: () => mobile('/m/v1/cart/items/x', sent('{"quantity":"2"}')),
    status: 422,
    code: 'validation',
  },
  { what: 'web: an unknown cursor', ask: () => web('/api/orders?cursor=none'), status: 400, code: 'invalid-cursor' },
  {
    what: 'web: another site',
    ask: () => web('/api/cart', { headers: { 'sec-fetch-site': 'cross-site' } }),
    status: 403,
    code: 'csrf-rejected',
  },
  {
    what: 'mobile: too old an app',
    ask: () => mobile('/m/v1/home', { headers: { 'x-app-version': '0.1.0' } }),
    status: 403,
    code: 'app-update-required',
  },
  {
    what: 'mobile: not as it is now',
    ask: () => mobile('/m/v1/cart', { headers: { 'if-match': '"other"' } }),
    status: 412,
    code: 'precondition-failed',
  },
]

describe('problems (RFC 9457)', () => {
  it.each(refusals)('P-1, P-2, P-8: $what is a problem, with its status and a trace', async ({ ask, status, code }) => {
    const answer = await ask()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ status, code, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) })
  })

  it.each(refusals)(
    'P-4, P-6, P-7: $what has a type of its own, one title, and members with proper names',
    async ({ ask, code }) => {
      const problem = (await (await ask()).json()) as Record<string, unknown>
      expect(problem).toMatchObject({
        type: expect.stringMatching(new RegExp(`\\b${code}$`)),
        title: expect.any(String),
      })
      for (const name of Object.keys(problem)) expect(name).toMatch(/^[a-z][A-Za-z0-9_]{2,}$/i)
    },
  )

  it('P-10: says where each fault is', async () => {
    const answer = await mobile('/m/v1/cart/items/x', sent('{"quantity":"2"}'))
    expect(await answer.json()).toMatchObject({ errors: [{ pointer: '/body/quantity', detail: expect.any(String) }] })
    const many = await web('/api/orders?limit=0&colour=red')
    expect(((await many.json()) as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toContain(
      '/query/limit',
    )
  })
})

describe('HTTP (RFC 9110)', () => {
  it.each([
    ['web', '/api/cart'],
    ['mobile', '/m/v1/cart'],
  ] as const)('H-1: a 401 of %s says how to be known', async (bff, path) => {
    expect((await strangers[bff](path)).headers.get('www-authenticate')).toMatch(/^\S+ \S/)
  })

  it('H-2: a 405 says what there is', async () => {
    expect((await web('/api/home', { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })

  it.each(refusals)('H-3: $what asks nobody to upgrade', async ({ ask }) => {
    const { status, headers } = await ask()
    expect([status === 426, headers.get('upgrade')]).toEqual([false, null])
  })

  it.each([
    ['/api', () => web],
    ['/m/v1', () => mobile],
  ] as const)('H-7, H-12: %s: what is made says where it is, and what is gone has no length', async (base, ask) => {
    const [{ id }] = ((await (await strangers.web('/api/home')).json()) as { featured: [{ id: string }] }).featured
    expect((await ask()(`${base}/cart/items/${id}`, sent('{"quantity":1}'))).status).toBe(200)
    const made = await ask()(`${base}/orders`, { method: 'POST', headers: { 'idempotency-key': crypto.randomUUID() } })
    expect([made.status, made.headers.get('location')]).toEqual([201, expect.stringContaining(`${base}/checkout/`)])
    expect((await ask()(made.headers.get('location')!)).status).toBe(200)
    const options = await ask()(`${base}/home`, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('content-length')]).toEqual([204, null])
  })

  it.each([
    ['a screen of the web', () => web, '/api/home'],
    ['a screen of the app', () => mobile, '/m/v1/cart'],
    ['a forward', () => web, '/api/catalog/products?limit=2'],
  ] as const)('H-8: HEAD of %s says what GET says, without it', async (_what, ask, path) => {
    const [got, headed] = [await ask()(path), await ask()(path, { method: 'HEAD' })]
    const told = ({ headers }: Response) =>
      ['content-type', 'content-length', 'etag', 'vary', 'cache-control'].map((name) => headers.get(name))
    expect([headed.status, told(headed), await headed.text()]).toEqual([got.status, told(got), ''])
  })

  it('H-14: who is spared says when to ask again', async () => {
    shop.services.orders.faults.set([{ mode: 'reset' }])
    try {
      const answers: Response[] = []
      for (let nth = 0; nth < 40 && !answers.some(({ status }) => status === 503); nth++)
        answers.push(await web('/api/orders'))
      const spared = answers.find(({ status }) => status === 503)
      expect(Number(spared?.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      shop.services.orders.faults.clear()
    }
  })
})

describe('caches (RFC 9111)', () => {
  it.each(['/bff/session', '/bff/login?returnUrl=/', '/bff/callback?code=x&state=y'])(
    'K-7: nobody keeps %s',
    async (path) => {
      expect((await strangers.web(path)).headers.get('cache-control')).toMatch(/^no-store\b/)
    },
  )

  it('K-7: nobody keeps the answer to a sign-out', async () => {
    const answer = await strangers.web('/bff/logout', csrf({ method: 'POST' }))
    expect(answer.headers.get('cache-control')).toMatch(/^no-store\b/)
  })

  it.each(refusals)('K-7: nobody keeps that $what', async ({ ask }) => {
    expect((await ask()).headers.get('cache-control')).toBe('no-store')
  })

  it.each(['/api/cart', '/api/orders'])('K-1: %s is for its user alone', async (path) => {
    expect((await web(path)).headers.get('cache-control')).toMatch(/^(?:private|no-store)\b/)
  })
})
