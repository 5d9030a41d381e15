import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { createClient } from '../client.ts'
import type { Contract } from '../contract.ts'
import { json, upstream } from '../testing.ts'
import { bearer, type BearerOptions, type Token } from './bearer.ts'

const contract = { 'GET /me': {}, 'POST /orders': {} } as const satisfies Contract

const tokenOf = ({ headers }: IncomingMessage) => headers.authorization?.replace('Bearer ', '')

/**
 * A server that accepts the tokens in `good`, a person who holds `t0` until 60 000, and a clock. A refresh issues t1,
 * t2, …, each valid for a minute, once the test lets it.
 */
async function setUp(good: string[], options: Partial<BearerOptions<Token>> = {}) {
  const events: string[] = []
  const time = { now: 0 }
  const server = await upstream((req, res) => {
    const token = tokenOf(req) ?? 'nobody'
    events.push(`${req.method} ${token}`)
    if (good.includes(token)) res.writeHead(204).end()
    else json(res, { code: token === 'nobody' ? 'token-missing' : 'token-invalid' }, 401)
  })
  let tokens = 0
  const as = bearer<Token>(
    {
      token: { accessToken: 't0', expiresAt: 60_000 },
      refresh: async (old) => {
        events.push(`refresh ${old.accessToken}`)
        return { accessToken: `t${(tokens += 1)}`, expiresAt: time.now + 60_000 }
      },
      onSignedOut: () => events.push('signed out'),
      ...options,
    },
    () => time.now,
  )
  const clock = { now: () => time.now, random: () => 0, wait: async () => undefined }
  const client = createClient<typeof contract>({ baseUrl: server.url, as }, clock)
  return { as, client, events, time, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? error,
  )

describe('a token', () => {
  it('goes along while it is good', async () => {
    await using t = await setUp(['t0'])
    t.time.now = 29_999
    await t.client('GET /me')
    expect(t.events).toEqual(['GET t0'])
  })

  it('is replaced ahead of its expiry, once, however many calls wait', async () => {
    await using t = await setUp(['t1'])
    t.time.now = 30_000
    await Promise.all(Array.from({ length: 20 }, () => t.client('GET /me')))
    expect(t.events).toEqual(['refresh t0', ...Array.from({ length: 20 }, () => 'GET t1')])
  })

  it('lives half its life at least, so that a short one is not replaced at every call', async () => {
    let tokens = 0
    const refresh = async () => ({ accessToken: `s${(tokens += 1)}`, expiresAt: t.time.now + 10_000 })
    await using t = await setUp(['s1', 's2'], { refresh })
    for (const now of [60_000, 64_999, 65_000]) {
      t.time.now = now
      await t.client('GET /me')
    }
    expect(t.events).toEqual(['GET s1', 'GET s1', 'GET s2'])
  })

  it('that is still good goes along when it cannot be replaced, and the next try has five seconds', async () => {
    let tries = 0
    await using t = await setUp(['t0'], {
      refresh: () => {
        tries += 1
        throw new Error('offline')
      },
    })
    for (const [now, expected] of [
      [31_000, 1],
      [35_999, 1],
      [36_000, 2],
    ] as const) {
      t.time.now = now
      await t.client('GET /me')
      expect(tries).toBe(expected)
    }
    expect(t.events).toEqual(['GET t0', 'GET t0', 'GET t0'])
  })

  it('that is over and cannot be replaced fails the call and signs nobody out; the next call tries again', async () => {
    let online = false
    await using t = await setUp(['t1'], {
      refresh: async () => {
        if (!online) throw new Error('offline')
        return { accessToken: 't1' }
      },
    })
    t.time.now = 60_000
    const error: unknown = await t.client('POST /orders').catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'identity-unavailable',
      status: 0,
      operation: 'POST /orders',
      cause: { message: 'offline' },
    })
    expect(t.events).toEqual([])
    online = true
    await t.client('POST /orders')
    expect(t.events).toEqual(['POST t1'])
  })

  it('need not say when it ends: then only a refusal tells', async () => {
    await using t = await setUp(['t1'], { token: { accessToken: 't0' } })
    t.time.now = 1e15
    await t.client('GET /me')
    expect(t.events).toEqual(['GET t0', 'refresh t0', 'GET t1'])
  })
})

describe('a 401 token-…', () => {
  it.each(['GET /me', 'POST /orders'] as const)('replaces the token, and makes the call anew: %s', async (key) => {
    await using t = await setUp(['t1'])
    await t.client(key)
    const [method] = key.split(' ')
    expect(t.events).toEqual([`${method} t0`, 'refresh t0', `${method} t1`])
  })

  it('of many calls at once costs one refresh, also when an answer is late', async () => {
    await using t = await setUp(['t1'])
    await Promise.all(Array.from({ length: 20 }, () => t.client('GET /me')))
    expect(t.events.filter((event) => event.startsWith('refresh'))).toEqual(['refresh t0'])
    expect(t.events.filter((event) => event === 'GET t1')).toHaveLength(20)
  })

  it('that comes again is thrown, and the next call asks for no further token', async () => {
    await using t = await setUp([])
    expect(await codeOf(t.client('GET /me'))).toBe('token-invalid')
    expect(await codeOf(t.client('GET /me'))).toBe('token-invalid')
    expect(t.events).toEqual(['GET t0', 'refresh t0', 'GET t1', 'GET t1'])
  })

  it('signs out when the refresh is refused; what follows goes out as nobody', async () => {
    await using t = await setUp([], { refresh: async () => undefined })
    expect(await codeOf(t.client('GET /me'))).toBe('signed-out')
    expect(await codeOf(t.client('GET /me'))).toBe('token-missing')
    expect(t.events).toEqual(['GET t0', 'signed out', 'GET nobody'])
  })

  it('signs nobody out when the refresh found no answer', async () => {
    await using t = await setUp([], { refresh: () => Promise.reject(new Error('offline')) })
    expect(await codeOf(t.client('POST /orders'))).toBe('identity-unavailable')
    expect(t.events).toEqual(['POST t0'])
    expect(t.as.person).toBe(0)
  })

  it('signs out where there is no way to refresh', async () => {
    await using t = await setUp([], { refresh: undefined })
    t.time.now = 59_999
    expect(await codeOf(t.client('GET /me'))).toBe('signed-out')
    expect(t.events).toEqual(['GET t0', 'signed out'])
  })

  it.each([
    [401, 'session-required'],
    [401, 'invalid-answer'],
    [403, 'token-invalid'],
  ])('is not %i %s: that is thrown as it is', async (status, code) => {
    let refreshes = 0
    await using server = await upstream((_req, res) => json(res, { code }, status))
    const refresh = async () => ({ accessToken: `t${(refreshes += 1)}` })
    const client = createClient<typeof contract>({
      baseUrl: server.url,
      as: bearer({ token: { accessToken: 't0' }, refresh }),
    })
    expect(await codeOf(client('GET /me'))).toBe(code)
    expect([server.seen.length, refreshes]).toEqual([1, 0])
  })
})

describe('whoever waits for a refresh', () => {
  const held = async (good: string[]) => {
    const { promise, resolve } = Promise.withResolvers<Token | undefined>()
    const asked = Promise.withResolvers<void>()
    const refresh = () => (asked.resolve(), promise)
    const t = await setUp(good, { refresh })
    t.time.now = 60_000
    return Object.assign(t, { resolve, asked: asked.promise })
  }

  it('learns that it was refused: signed-out, and nothing is sent', async () => {
    await using t = await held([])
    const calls = [t.client('GET /me'), t.client('POST /orders')].map(codeOf)
    t.resolve(undefined)
    expect(await Promise.all(calls)).toEqual(['signed-out', 'signed-out'])
    expect(t.events).toEqual(['signed out'])
  })

  it('is never sent as the person who signed in meanwhile', async () => {
    await using t = await held(['other'])
    const call = codeOf(t.client('POST /orders'))
    await t.asked
    t.as.use({ accessToken: 'other' })
    t.resolve({ accessToken: 'mine', expiresAt: 1e9 })
    expect(await call).toBe('signed-out')
    await t.client('GET /me')
    expect(t.events).toEqual(['GET other'])
  })

  it('does not keep the next person from a refresh of their own', async () => {
    const asked: string[] = []
    const never = new Promise<undefined>(() => undefined)
    const refresh = (token: Token) => {
      asked.push(token.accessToken)
      return token.accessToken === 't0' ? never : Promise.resolve({ accessToken: 'new' })
    }
    await using t = await setUp(['new'], { refresh })
    t.time.now = 60_000
    t.client('GET /me').catch(() => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    t.as.use({ accessToken: 'other', expiresAt: 0 })
    await t.client('POST /orders')
    expect([asked, t.events]).toEqual([['t0', 'other'], ['POST new']])
  })

  it('may leave: the refresh goes on for the others', async () => {
    await using t = await held(['t1'])
    const abort = new AbortController()
    const left = codeOf(t.client.with({ signal: abort.signal })('GET /me'))
    const stays = t.client('POST /orders')
    const reason = new Error('the screen was left')
    await t.asked
    abort.abort(reason)
    expect(await left).toBe(reason)
    t.resolve({ accessToken: 't1' })
    await stays
    expect(t.events).toEqual(['POST t1'])
  })
})

it('a call under way at a change of person is not made anew as the next', async () => {
  await using server = await upstream((_req, res) => {
    as.use({ accessToken: 'other' })
    json(res, { code: 'token-invalid' }, 401)
  })
  const as = bearer<Token>({ token: { accessToken: 't0' }, refresh: async () => ({ accessToken: 't1' }) })
  const client = createClient<typeof contract>({ baseUrl: server.url, as })
  expect(await codeOf(client('POST /orders'))).toBe('signed-out')
  expect(server.seen.map(tokenOf)).toEqual(['t0'])
  expect(as.person).toBe(1)
})

it('a call that would be tried again after a change of person is not', async () => {
  await using server = await upstream((_req, res) => {
    as.use({ accessToken: 'other' })
    res.writeHead(server.seen.length === 1 ? 503 : 204).end()
  })
  const as = bearer<Token>({ token: { accessToken: 't0' } })
  expect(await codeOf(createClient<typeof contract>({ baseUrl: server.url, as })('GET /me'))).toBe('signed-out')
  expect(server.seen.map(tokenOf)).toEqual(['t0'])
})

it('nobody signed in is nobody: no header', async () => {
  await using server = await upstream((_req, res) => res.writeHead(204).end())
  await createClient<typeof contract>({ baseUrl: server.url, as: bearer({}) })('GET /me')
  expect(server.seen.map(tokenOf)).toEqual([undefined])
})
