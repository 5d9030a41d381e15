import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Exchange } from '../src/exchange.ts'
import { gateway, problem, serve } from '../src/index.ts'
import { signedInAs, upstream } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { say } from './raw.ts'
import { plainTokens } from './tokens.ts'

const stack = new AsyncDisposableStack()
const served = { name: 'test', port: 0, hostname: '127.0.0.1', portVariable: 'PORT', log: silent }
let url: string
let asked = 0

/** A careless service: all it is told comes back, and anybody may keep it. */
const mirror = () =>
  upstream((req, res) => {
    asked++
    const body = JSON.stringify({ url: req.url, headers: req.rawHeaders, nth: asked })
    const type = req.url!.includes('accept') ? { vary: 'accept-language' } : {}
    res.writeHead(200, { 'cache-control': 'public, max-age=600', 'content-type': 'application/json', ...type })
    res.end(body)
  })

beforeAll(async () => {
  const [mine, shown] = [stack.use(await mirror()), stack.use(await mirror())]
  const policies = { mine: { cache: {}, token: 'user' }, shown: { cache: {} } } as const
  const { forward, app } = gateway({}, { mine: {}, shown: {} }, policies)
  const bff = app(
    [
      forward('/api', 'mine', { guard: (exchange: Exchange) => exchange.authenticate() }),
      forward('/public', 'shown', { guard: () => ({}) }),
    ],
    {
      upstreams: { mine: mine.url, shown: shown.url },
      log: silent,
      tokens: plainTokens,
      authenticate: async ({ headers }) => {
        if (headers.authorization === undefined) throw problem(401, 'token-missing')
        return signedInAs(headers.authorization)
      },
    },
  )
  url = stack.use(await serve({ ...served, handler: bff.handler, release: bff })).url
})

afterAll(() => stack.disposeAsync())

const get = (path: string, headers: readonly string[] = [], body = '') =>
  say(
    url,
    [
      `GET ${path} HTTP/1.1`,
      ...(headers.some((one) => /^host:/i.test(one)) ? [] : ['Host: shop.example']),
      'Connection: close',
      ...headers,
      '',
      body,
    ].join('\r\n'),
  )

const status = (answer: string): number => Number(answer.slice(9, 12))
/** What the service said, in however many chunks it came. */
const bodyOf = (answer: string): string => /\{"url".*\}/.exec(answer)?.[0] ?? ''
const ada = ['Authorization: ada']

describe('A-02: what one person has been answered, whatever its path looks like,', () => {
  it.each([
    '/api/me',
    '/api/me/x.css',
    '/api/me;x.css',
    '/api/me%0a.css',
    '/api/me%00.css',
    '/api/me%3fx.css',
    '/api/me%23x.css',
    '/api/me%2f..%2fstatic/x.js',
    '/api/static/..%2fme',
    '/api/static/%2e%2e/me',
    '/api/me/..;/x.css',
    '/api/ME.css',
  ])('is kept for no other: %s', async (path) => {
    const first = await get(path, ada)
    const hers = /"nth":\d+/.exec(first)?.[0]
    expect(status(first) === 200).toBe(hers !== undefined)
    for (const who of [['Authorization: eve'], []]) {
      const answer = await get(path, who)
      expect(status(answer)).toBe(status(first) !== 200 ? status(first) : who.length === 0 ? 401 : 200)
      if (hers !== undefined) expect(answer).not.toContain(hers)
      expect(answer).not.toContain('token-of-ada')
    }
  })

  it('is kept for that person', async () => {
    const [first, second] = [await get('/api/kept', ada), await get('/api/kept', ada)].map(bodyOf)
    expect(first).toContain('token-of-ada')
    expect(second).toBe(first)
  })
})

describe('A-01: what somebody says beside the path', () => {
  let nth = 0
  const evil = 'evil.example'

  it.each<[string, readonly string[], string]>([
    ['X-Forwarded-Host', [`X-Forwarded-Host: ${evil}`], ''],
    ['X-Forwarded-Scheme', [`X-Forwarded-Scheme: ${evil}`], ''],
    ['X-Forwarded-Prefix', [`X-Forwarded-Prefix: /${evil}`], ''],
    ['Forwarded', [`Forwarded: host=${evil}`], ''],
    ['X-Original-URL', [`X-Original-URL: /${evil}`], ''],
    ['X-Rewrite-URL', [`X-Rewrite-URL: /${evil}`], ''],
    ['X-HTTP-Method-Override', [`X-HTTP-Method-Override: ${evil}`], ''],
    ['X-Host', [`X-Host: ${evil}`], ''],
    ['Cookie', [`Cookie: lang=${evil}`], ''],
    ['User-Agent', [`User-Agent: ${evil}`], ''],
    ['Referer', [`Referer: https://${evil}/`], ''],
    ['Origin', [`Origin: https://${evil}`], ''],
    ['a header of its own', [`X-Tenant: ${evil}`], ''],
    ['another host', [`Host: ${evil}`], ''],
    ['another port', [`Host: shop.example:1337${evil}`], ''],
    ['a body', ['Content-Length: 12'], evil],
  ])('changes nothing of what others read: %s', async (_, headers, body) => {
    const path = `/public/page-${++nth}`
    await get(path, headers, body)
    const clean = await get(path)
    expect(status(clean)).toBe(200)
    expect(clean).not.toMatch(/evil|1337/)
  })

  it('counts where the service says that it does', async () => {
    const path = '/public/accept'
    const read = async (language: string) => bodyOf(await get(path, [`Accept-Language: ${language}`]))
    const [evils, first] = [await read(evil), await read('de')]
    expect(evils).toContain(evil)
    expect(first).not.toContain(evil)
    expect([await read('de'), await read(evil)]).toEqual([first, evils])
  })

  it.each([
    ['a parameter twice', '/public/twice?a=1', '/public/twice?a=1&a=evil'],
    ['parameters in another order', '/public/order?a=1&b=evil', '/public/order?b=evil&a=1'],
    ['a parameter behind a semicolon', '/public/semi?a=1', '/public/semi?a=1;b=evil'],
    ['another case', '/public/case', '/public/CASE'],
    ['a slash more', '/public/slash', '/public/slash/'],
  ])('is another question: %s', async (_, one, other) => {
    const [first, second] = [await get(other), await get(one)]
    expect([status(first), status(second)]).toEqual([200, 200])
    expect(/"nth":\d+/.exec(second)![0]).not.toBe(/"nth":\d+/.exec(first)![0])
    expect(second).toContain(JSON.stringify(one.slice('/public'.length)))
  })
})

it('A-01: what is for one user is kept by no cache before us, however careless the service', async () => {
  const cacheControl = async (path: string) =>
    /^cache-control: (.*)\r$/im.exec(await get(path, ['Authorization: ada']))?.[1]
  expect(await cacheControl('/api/careless')).toBe('private, max-age=600')
  expect(await cacheControl('/public/careless')).toBe('public, max-age=600')
})
