import { describe, expect, it } from '@jest/globals'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import type { Guard, Identity } from '../src/exchange.ts'
import { gateway, optional, problem } from '../src/index.ts'
import { json, signedInAs, upstream } from '../src/testing.ts'
import { seeded } from './call.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'
import { plainTokens } from './tokens.ts'
import { wire } from './raw.ts'

const Word = z.object({ word: z.string() })

const service = { 'GET /word': { out: Word }, 'POST /word': { out: Word } } as const satisfies Contract

const front = {
  'GET /api/open': { auth: 'open', out: z.object({ words: z.array(z.string()) }) },
  'GET /api/brave': { auth: 'open', out: z.object({ words: z.array(z.string()) }), optional: ['second'] },
  'GET /api/spoken': {
    auth: 'open',
    headers: z.object({ 'accept-language': z.string().default('de') }),
    query: z.object({ size: z.coerce.number<number>().max(9).default(1) }),
    out: z.object({ language: z.string(), size: z.number() }),
  },
  'GET /api/mine': { out: z.object({ whose: z.string(), word: z.string() }) },
  'POST /api/open': { auth: 'open', out: Word },
} as const satisfies Contract

const open: Guard = () => ({})
const signedIn: Guard<Pick<Identity, 'user'>> = (exchange) => exchange.authenticate()

const { screen, app } = gateway(
  front,
  { first: service, second: service, mine: service },
  {
    first: { timeout: 1_000, attempts: 1, token: 'none' },
    second: { timeout: 1_000, attempts: 1, token: 'none' },
    mine: { timeout: 1_000, attempts: 1, token: 'user' },
  },
)

const routes = [
  screen('GET /api/open', {
    guard: open,
    expose: { first: ['x-total-count', 'set-cookie'], second: ['x-total-count', 'set-cookie'] },
    parts: ({ from }) => ({ first: from.first('GET /word'), second: from.second('GET /word') }),
    view: ({ first, second }) => ({ words: [first.word, second.word] }),
  }),
  screen('GET /api/brave', {
    guard: open,
    parts: ({ from }) => ({
      first: from.first('GET /word'),
      second: optional(from.second('GET /word'), { word: 'none' }),
    }),
    view: ({ first, second }) => ({ words: [first.word, second.word] }),
  }),
  screen('GET /api/spoken', {
    guard: open,
    parts: ({ headers, query }) => ({
      language: Promise.resolve(headers['accept-language']),
      size: Promise.resolve(query.size),
    }),
    view: (parts) => parts,
  }),
  screen('GET /api/mine', {
    guard: signedIn,
    parts: ({ user, from }) => ({ whose: Promise.resolve(user.id), mine: from.mine('GET /word') }),
    view: ({ whose, mine }) => ({ whose, word: mine.word }),
  }),
  screen('POST /api/open', {
    guard: open,
    parts: ({ from }) => ({ first: from.first('POST /word') }),
    view: ({ first }) => first,
  }),
]

type Said = Readonly<Record<string, string | string[]>>

/** A gateway before three services, which say in their heads what a test tells them to. `Authorization: ann` is ann. */
async function setUp(said: { first?: Said; second?: Said; mine?: Said } = {}) {
  const stack = new AsyncDisposableStack()
  const words = { first: 'one', second: 'two', mine: 'own' }
  const hold = { first: Promise.resolve(), second: Promise.resolve(), mine: Promise.resolve() }
  const broken = new Set<string>()
  const start = (name: keyof typeof words) =>
    upstream((req: IncomingMessage, res: ServerResponse) => {
      void hold[name].then(() => {
        for (const [header, value] of Object.entries(said[name] ?? {})) res.setHeader(header, value)
        if (broken.has(name)) res.destroy()
        else json(res, { word: `${words[name]}${name === 'mine' ? ` of ${req.headers.authorization}` : ''}` })
      })
    })
  const [first, second, mine] = await Promise.all([start('first'), start('second'), start('mine')])
  for (const one of [first, second, mine]) stack.use(one)
  const bff = stack.use(
    await listen(
      app(routes, {
        upstreams: { first: first.url, second: second.url, mine: mine.url },
        tokens: plainTokens,
        log: silent,
        authenticate: ({ headers: { authorization: id } }) =>
          id === undefined ? Promise.reject(problem(401, 'token-missing')) : Promise.resolve(signedInAs(id)),
      }),
    ),
  )
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(bff.url + path, { headers, method })
  return { get, url: bff.url, words, hold, broken, first, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Of the moment, or of the connection. */
const passing = ['date', 'server-timing', 'connection', 'keep-alive']

/** What says the same whenever it is said. */
const constant = (answer: Response): Record<string, string> =>
  Object.fromEntries([...answer.headers].filter(([name]) => !passing.includes(name)))

describe('what a client has already', () => {
  it('H-8: HEAD is told all that GET is, and no content', async () => {
    await using t = await setUp({ first: { 'cache-control': 'max-age=60' } })
    const get = await t.get('/api/open')
    const head = await t.get('/api/open', {}, 'HEAD')
    expect([head.status, constant(head)]).toEqual([200, constant(get)])
    expect(Number(head.headers.get('content-length'))).toBe((await get.text()).length)
    expect(await head.text()).toBe('')
  })

  it('H-9: 304 repeats what the 200 would have said, and describes no content', async () => {
    await using t = await setUp({ first: { 'cache-control': 'max-age=60', 'x-total-count': '7' } })
    const all = constant(await t.get('/api/open'))
    expect(all['etag']).toMatch(/^"[\w-]{22}"$/)
    for (const method of ['GET', 'HEAD']) {
      await using line = await wire(t.url)
      line.write(
        `${method} /api/open HTTP/1.1\r\nHost: x\r\nIf-None-Match: ${all['etag']}\r\nConnection: close\r\n\r\n`,
      )
      const [head = '', content] = (await line.closed()).split('\r\n\r\n')
      expect(head).toMatch(/^HTTP\/1\.1 304 /)
      expect(content).toBe('')
      const lines = head.toLowerCase().split('\r\n')
      for (const name of ['etag', 'cache-control', 'x-total-count'])
        expect(lines).toContain(`${name}: ${all[name]}`.toLowerCase())
      expect(lines.some((one) => one.startsWith('date: '))).toBe(true)
      expect(lines.filter((one) => one.startsWith('content-type') || one.startsWith('content-length'))).toEqual([])
    }
  })

  it('H-9: another content is another tag, and is sent', async () => {
    await using t = await setUp()
    const etag = (await t.get('/api/open')).headers.get('etag')!
    expect((await t.get('/api/open', { 'if-none-match': etag })).status).toBe(304)
    t.words.second = 'zwei'
    const answer = await t.get('/api/open', { 'if-none-match': etag })
    expect([answer.status, await answer.json()]).toEqual([200, { words: ['one', 'zwei'] }])
    expect(answer.headers.get('etag')).not.toBe(etag)
  })

  it.each<[string, (tag: string) => Record<string, string>, number]>([
    ['a weak form of it', (tag) => ({ 'if-none-match': `W/${tag}` }), 304],
    ['it in a list', (tag) => ({ 'if-none-match': `"a,b", ${tag}` }), 304],
    ['anything', () => ({ 'if-none-match': '*' }), 304],
    ['another', () => ({ 'if-none-match': '"a"' }), 200],
    ['no tag', () => ({ 'if-none-match': 'a' }), 200],
    ['a date', () => ({ 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() }), 200],
    ['that it still is', (tag) => ({ 'if-match': tag }), 200],
    ['that it weakly still is', (tag) => ({ 'if-match': `W/${tag}` }), 412],
    ['that it is another', () => ({ 'if-match': '"a"' }), 412],
    ['first whether it still is', (tag) => ({ 'if-match': '"a"', 'if-none-match': tag }), 412],
  ])('H-10: asks for %s', async (_, headers, status) => {
    await using t = await setUp()
    const etag = (await t.get('/api/open')).headers.get('etag')!
    const answer = await t.get('/api/open', headers(etag))
    expect([answer.status, answer.headers.get('etag')]).toEqual([status, etag])
  })

  it('H-10: only of what would be a success, and never before it is known who asks', async () => {
    await using t = await setUp()
    expect((await t.get('/api/mine', { 'if-none-match': '*' })).status).toBe(401)
    expect((await t.get('/api/spoken?size=99', { 'if-none-match': '*' })).status).toBe(422)
    t.broken.add('first')
    expect((await t.get('/api/open', { 'if-none-match': '*' })).status).toBe(502)
  })

  it('H-10: a write is not refused when it is done', async () => {
    await using t = await setUp({ first: { 'cache-control': 'max-age=60' } })
    for (const headers of [{ 'if-none-match': '*' }, {}]) {
      const answer = await t.get('/api/open', headers, 'POST')
      expect([answer.status, answer.headers.get('etag'), answer.headers.get('cache-control')]).toEqual([
        200,
        null,
        'no-store',
      ])
    }
    expect(t.first.seen.length).toBe(2)
  })
})

describe('for how long it may be kept', () => {
  it.each<[Said, Said, string]>([
    [{ 'cache-control': 'max-age=60' }, { 'cache-control': 'max-age=9', age: '2' }, 'max-age=7'],
    [{ 'cache-control': 'max-age=60' }, {}, 'no-cache'],
    [{ 'cache-control': 'max-age=60' }, { 'cache-control': 'no-store' }, 'no-store'],
    [{ 'cache-control': 'max-age=60' }, { 'cache-control': 'private, max-age=90' }, 'private, max-age=60'],
    [{ 'cache-control': 'max-age=60' }, { 'cache-control': 'max-age=60', 'set-cookie': 'a=1' }, 'private, max-age=60'],
  ])('K-2: %j and %j', async (first, second, line) => {
    await using t = await setUp({ first, second })
    expect((await t.get('/api/open')).headers.get('cache-control')).toBe(line)
  })

  it('K-6: a makeshift is not kept, and has another tag', async () => {
    const said = { 'cache-control': 'max-age=60' }
    await using t = await setUp({ first: said, second: said })
    const good = await t.get('/api/brave')
    expect(good.headers.get('cache-control')).toBe('max-age=60')
    t.broken.add('second')
    const poor = await t.get('/api/brave', { 'if-none-match': good.headers.get('etag')! })
    expect([poor.status, poor.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await poor.json()).toMatchObject({ words: ['one', 'none'], meta: { parts: { second: 'fallback' } } })
    t.broken.clear()
    expect((await t.get('/api/brave', { 'if-none-match': good.headers.get('etag')! })).status).toBe(304)
  })

  it('H-13: names the headers that its contract reads, and for those who sign in what carries them', async () => {
    await using t = await setUp()
    const vary = async (path: string) => (await t.get(path, { authorization: 'ann' })).headers.get('vary')
    expect(await vary('/api/open')).toBe(null)
    expect(await vary('/api/spoken')).toBe('accept-language')
    expect(await vary('/api/mine')).toBe('authorization, cookie')
  })

  it('K-1, K-3: a cache of many gives nobody what is another’s', async () => {
    const said = { 'cache-control': 'public, max-age=60, s-maxage=600' }
    await using t = await setUp({ first: said, second: said, mine: said })
    const cached = sharedCache(t.get)
    for (const id of ['ann', 'bob', 'ann', 'bob']) {
      expect(await cached('/api/mine', { authorization: id })).toEqual({
        whose: id,
        word: `own of Bearer token-of-${id}`,
      })
    }
    for (const language of ['de', 'fr', 'de']) {
      expect(await cached('/api/spoken', { 'accept-language': language })).toEqual({ language, size: 1 })
    }
    // It does keep what is for all.
    await cached('/api/open', {})
    t.words.first = 'eins'
    expect(await cached('/api/open', {})).toEqual({ words: ['one', 'two'] })
  })

  it('K-1: what one user has is not what another has, though both have the tag', async () => {
    await using t = await setUp()
    const anns = await t.get('/api/mine', { authorization: 'ann' })
    expect(anns.headers.get('cache-control')).toBe('private, no-cache')
    const bobs = await t.get('/api/mine', { authorization: 'bob', 'if-none-match': anns.headers.get('etag')! })
    expect([bobs.status, await bobs.json()]).toEqual([200, { whose: 'bob', word: 'own of Bearer token-of-bob' }])
  })
})

/** RFC 9111 §3 and §4, as far as it takes to be wrong about somebody. Nothing here gets old. */
function sharedCache(get: (path: string, headers: Record<string, string>) => Promise<Response>) {
  const kept: { path: string; asked: Record<string, string>; vary: string[]; body: unknown }[] = []
  return async (path: string, asked: Record<string, string>): Promise<unknown> => {
    const found = kept.find((one) => one.path === path && one.vary.every((name) => one.asked[name] === asked[name]))
    if (found !== undefined) return found.body
    const answer = await get(path, asked)
    const body = await answer.json()
    const said = answer.headers.get('cache-control') ?? ''
    const forAll = asked['authorization'] === undefined || /public|s-maxage|must-revalidate/.test(said)
    const vary = answer.headers.get('vary')?.split(', ') ?? []
    if (/max-age=[1-9]/.test(said) && !/private|no-store|no-cache/.test(said) && forAll && !vary.includes('*'))
      kept.push({ path, asked, vary, body })
    return body
  }
}

describe('what else it says', () => {
  it('Server-Timing: each part as it is written, how it went, and nothing of where', async () => {
    await using t = await setUp()
    t.broken.add('second')
    const line = (await t.get('/api/brave')).headers.get('server-timing')
    expect(line).toMatch(/^first;dur=[\d.]+, second;dur=[\d.]+;desc="fallback", total;dur=[\d.]+$/)
    expect(line).not.toMatch(/127\.0\.0\.1|localhost/)
  })

  it('H-4: lets out what the rule names, each cookie on a line of its own, and nothing else', async () => {
    await using t = await setUp({
      first: { 'x-total-count': '7', 'x-internal': 'i', 'set-cookie': ['a=1; Path=/', 'b=2'], 'x-other': 'o' },
      second: { 'x-total-count': '7', 'set-cookie': 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT' },
    })
    const { headers } = await t.get('/api/open')
    expect(headers.get('x-total-count')).toBe('7')
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'])
    expect([headers.get('x-internal'), headers.get('x-other')]).toEqual([null, null])
    expect((await t.get('/api/brave')).headers.get('x-total-count')).toBe(null)
  })

  it('H-4: a rule that lets out what is ours does not start', () => {
    const spec = {
      guard: open,
      expose: { first: ['etag'] },
      parts: ({ from }: { from: { first: (key: 'POST /word') => Promise<{ word: string }> } }) => ({
        first: from.first('POST /word'),
      }),
      view: ({ first }: { first: { word: string } }) => first,
    }
    expect(() => screen('POST /api/open', spec as never)).toThrow('expose.first: "etag" is set by the gateway')
  })

  it('the order in which services answer changes no header', async () => {
    await using t = await setUp({
      first: { 'cache-control': 'max-age=60', 'x-total-count': '1', 'set-cookie': 'a=1' },
      second: { 'cache-control': 'max-age=50, no-transform', 'x-total-count': '2', 'set-cookie': 'a=2' },
    })
    const seen = new Set<string>()
    const seed = 11
    const draw = seeded(seed)
    for (let nth = 0; nth < 20; nth++) {
      const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      Object.assign(t.hold, { first: first.promise, second: second.promise })
      const answer = t.get('/api/open')
      const order = draw() < 0.5 ? [first, second] : [second, first]
      for (const one of order) {
        await new Promise((resolve) => setTimeout(resolve, 10))
        one.resolve()
      }
      const { headers } = await answer
      const names = headers.get('server-timing')!.replaceAll(/dur=[\d.]+/g, '')
      seen.add(JSON.stringify([constant(await answer), headers.getSetCookie(), names]))
    }
    expect({ seed, seen: seen.size }).toEqual({ seed, seen: 1 })
  })
})
