import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { memoryStore } from '../../src/state/memory.ts'
import { redisStore } from '../../src/state/redis.ts'
import type { Store } from '../../src/state/store.ts'
import { signedInAs } from '../../src/testing.ts'
import { hasRedis, redisServer } from '../../src/testing-redis.ts'
import { eventually, handshake } from '../door.ts'
import { silent } from '../exchange.ts'
import { say } from '../raw.ts'
import { connect, startBff } from './app.ts'

const status = (answer: string): number => Number(answer.slice(9, 12))
const code = (answer: string): unknown =>
  (JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { code: unknown }).code

const opening = (changes: Readonly<Record<string, string | null>>, path = '/live') =>
  handshake(path, {
    Origin: null,
    'Sec-WebSocket-Protocol': 'test.live.v1',
    Authorization: 'Bearer ada',
    ...changes,
  })

async function ticketFor(url: string, token = 'ada'): Promise<string> {
  const answer = await fetch(`${url}/tickets`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return ((await answer.json()) as { ticket: string }).ticket
}

describe('E-6: a socket', () => {
  it.each<[string, { token?: string; protocols?: string[] }]>([
    ['Authorization', {}],
    ['a subprotocol', { token: '', protocols: ['test.live.v1', 'bff.bearer.ada'] }],
    ['a subprotocol that comes first', { token: '', protocols: ['bff.bearer.ada', 'test.live.v1'] }],
  ])('opens for who is proved by %s, and speaks the one protocol', async (_, options) => {
    await using bff = await startBff()
    const client = await connect(bff.url, options)
    expect(client.socket.protocol).toBe('test.live.v1')
    client.say({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  it.each<[string, string, number, string]>([
    ['from a foreign page', opening({ Origin: 'https://evil.example' }), 403, 'origin-not-allowed'],
    ['from a page without one', opening({ Origin: 'null' }), 403, 'origin-not-allowed'],
    ['from a host of a longer name', opening({ Origin: 'https://shop.example.evil' }), 403, 'origin-not-allowed'],
    ['with a token in the URL', opening({}, '/live?access_token=ada'), 400, 'malformed-upgrade'],
    ['with a ticket in the URL', opening({ Authorization: null }, '/live?ticket=a'), 400, 'malformed-upgrade'],
    ['that offers another protocol', opening({ 'Sec-WebSocket-Protocol': 'test.live.v2' }), 400, 'malformed-upgrade'],
    ['that offers none', opening({ 'Sec-WebSocket-Protocol': null }), 400, 'malformed-upgrade'],
    [
      'that offers one twice',
      opening({ 'Sec-WebSocket-Protocol': 'test.live.v1, test.live.v1' }),
      400,
      'malformed-upgrade',
    ],
    [
      'that offers what is no name',
      opening({ 'Sec-WebSocket-Protocol': 'test.live.v1, a b' }),
      400,
      'malformed-upgrade',
    ],
    [
      'with two proofs',
      opening({ 'Sec-WebSocket-Protocol': 'test.live.v1, bff.bearer.ada' }),
      400,
      'malformed-upgrade',
    ],
    ['W-01: without a proof', opening({ Authorization: null }), 401, 'token-invalid'],
    ['W-01: with one that is none', opening({ Authorization: 'Bearer eve' }), 401, 'token-invalid'],
    [
      'with a ticket that nobody has',
      opening({ Authorization: null, 'Sec-WebSocket-Protocol': 'test.live.v1, bff.ticket.a' }),
      401,
      'ticket-invalid',
    ],
  ])('%s is refused before it opens, with a reason', async (_, bytes, expected, named) => {
    await using bff = await startBff()
    const answer = await say(bff.url, bytes)
    expect([status(answer), code(answer)]).toEqual([expected, named])
    expect(answer).toMatch(/content-type: application\/problem\+json/)
    expect(bff.open()).toBe(0)
  })

  it('may come from an app that calls the host it asks its origin', async () => {
    await using bff = await startBff()
    const client = await connect(bff.url, { origin: bff.url })
    client.say({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  it('is all there is at its path', async () => {
    await using bff = await startBff()
    const answer = await fetch(`${bff.url}/live`, { headers: { authorization: 'Bearer ada' } })
    expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket'])
    expect(await answer.json()).toMatchObject({ code: 'upgrade-required' })
  })

  it('W-02: has as many at a time as one client may have', async () => {
    await using bff = await startBff({ spec: { caps: { client: 2 } } })
    const first = await connect(bff.url)
    await connect(bff.url)
    const answer = await say(bff.url, opening({}))
    expect([status(answer), code(answer)]).toEqual([429, 'too-many-sockets'])
    first.socket.terminate()
    await eventually(() => bff.open() === 1)
    await connect(bff.url)
  })
})

describe('a ticket', () => {
  const byTicket = (ticket: string) => ({ token: '', protocols: ['test.live.v1', `bff.ticket.${ticket}`] })

  it('opens one socket, once, for whom it was given to', async () => {
    await using bff = await startBff()
    const ticket = await ticketFor(bff.url, 'grace')
    const client = await connect(bff.url, byTicket(ticket))
    client.say({ type: 'subscribe', topic: 'things/a', after: 0 })
    await client.next('live')
    expect(bff.service.asked.map(({ authorization }) => authorization)).toEqual(['Bearer token-of-grace'])
    const again = opening({ Authorization: null, 'Sec-WebSocket-Protocol': `test.live.v1, bff.ticket.${ticket}` })
    expect(code(await say(bff.url, again))).toBe('ticket-invalid')
  })

  it('is for one of those who show it at once', async () => {
    await using bff = await startBff()
    const ticket = await ticketFor(bff.url)
    const bytes = opening({ Authorization: null, 'Sec-WebSocket-Protocol': `test.live.v1, bff.ticket.${ticket}` })
    const raced = Array.from({ length: 5 }, () =>
      connect(bff.url, byTicket(ticket)).then(
        () => 'open',
        () => 'refused',
      ),
    )
    expect((await Promise.all(raced)).filter((one) => one === 'open')).toHaveLength(1)
    expect(code(await say(bff.url, bytes))).toBe('ticket-invalid')
  })

  it('is over after a minute', async () => {
    let now = Date.now()
    const store = memoryStore({ clock: () => now })
    await using bff = await startBff({ store })
    const ticket = await ticketFor(bff.url)
    now += 60_001
    const bytes = opening({ Authorization: null, 'Sec-WebSocket-Protocol': `test.live.v1, bff.ticket.${ticket}` })
    expect(code(await say(bff.url, bytes))).toBe('ticket-invalid')
  })

  it('lives no longer than the proof that it was given for', async () => {
    await using bff = await startBff({ life: 400 })
    const ticket = await ticketFor(bff.url)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const bytes = opening({ Authorization: null, 'Sec-WebSocket-Protocol': `test.live.v1, bff.ticket.${ticket}` })
    expect(code(await say(bff.url, bytes))).toBe('ticket-invalid')
  })

  it('L-9: opens nothing once the session that it was given to is revoked', async () => {
    await using bff = await startBff()
    const ticket = await ticketFor(bff.url)
    await bff.revocations.session('s1')
    const bytes = opening({ Authorization: null, 'Sec-WebSocket-Protocol': `test.live.v1, bff.ticket.${ticket}` })
    expect(status(await say(bff.url, bytes))).toBe(401)
  })

  it('is for whoever may have a socket', async () => {
    await using bff = await startBff()
    const answer = await fetch(`${bff.url}/tickets`, { method: 'POST' })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'token-invalid'])
  })
})

describe('the proof of an open socket', () => {
  it('E-7: is replaced by another token of the same person, and all goes on', async () => {
    await using bff = await startBff({ life: 3_000 })
    const client = await connect(bff.url)
    client.say({ type: 'subscribe', topic: 'things/a', after: 0 })
    await client.next('live')
    await client.next('reauth')
    client.say({ type: 'auth', token: 'ada-again' })
    await new Promise((resolve) => setTimeout(resolve, 3_500))
    bff.service.happen()
    expect(await client.take(1)).toEqual(['1'])
    await bff.revocations.token('first')
    client.say({ type: 'ping' })
    expect(await client.next()).toEqual({ type: 'pong' })
    await bff.revocations.token('second')
    expect(await client.closed).toBe('4401 token-invalid')
  })

  it('E-7: is not replaced by one that was taken back', async () => {
    await using bff = await startBff()
    const client = await connect(bff.url)
    await bff.revocations.token('second')
    client.say({ type: 'auth', token: 'ada-again' })
    expect(await client.next()).toMatchObject({ type: 'problem', problem: { code: 'token-invalid' } })
  })

  it.each(['session', 'user', 'token'] as const)(
    'L-9: ends it within a second when the %s is revoked',
    async (kind) => {
      await using bff = await startBff()
      const [client, other] = [await connect(bff.url), await connect(bff.url, { token: 'grace' })]
      const start = performance.now()
      await bff.revocations[kind]({ session: 's1', user: 'ada', token: 'first' }[kind])
      expect(await client.closed).toBe('4401 token-invalid')
      expect(performance.now() - start).toBeLessThan(1_000)
      other.say({ type: 'ping' })
      expect(await other.next()).toEqual({ type: 'pong' })
    },
  )

  it('E-7, W-01: may be replaced for as long as the socket lasts, which misses nothing meanwhile, and no longer', async () => {
    await using bff = await startBff({ life: 3_000 })
    const [client, other] = [await connect(bff.url), await connect(bff.url, { token: 'grace' })]
    const proves = (token: string, ms: number) =>
      bff.tokens.set(token, signedInAs('ada', { tokenId: token, expiresAt: Date.now() + ms }))
    const happens = async (rev: number) => {
      bff.service.happen()
      for (const one of [client, other]) expect(await one.next('event')).toMatchObject({ rev })
    }
    for (const one of [client, other]) {
      one.say({ type: 'subscribe', topic: 'things/a', after: 0 })
      await one.next('live')
    }
    let rev = 0
    for (const token of ['ada-2', 'ada-3']) {
      const left = (await client.next('reauth'))['in'] as number
      await happens(++rev)
      client.say({ type: 'auth', token: 'eve' })
      expect(await client.next('problem')).toMatchObject({ problem: { code: 'token-invalid' } })
      proves(token, 3_000)
      client.say({ type: 'auth', token })
      await pause(left + 50)
      await happens(++rev)
    }
    expect(await client.next('reauth')).toMatchObject({ in: expect.any(Number) })
    await happens(++rev)
    expect(await client.closed).toBe('4401 token-invalid')
    other.say({ type: 'auth', token: 'ada-again' })
    expect(await other.closed).toBe('4403 wrong-subject')
    await eventually(() => bff.open() === 0)
  })
})

const inMemory = async () => {
  const store = memoryStore()
  return { store: async (): Promise<Store> => store, [Symbol.asyncDispose]: async () => undefined }
}

const inRedis = async () => {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await redisServer())
  const open = () => redisStore({ url, prefix: 'test:', log: silent, timeout: 5_000 })
  return {
    store: async (): Promise<Store> => stack.use(await open()),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const redis = hasRedis(process.env['CI'] === 'true')

describe.each([['memory', inMemory] as const, ...(redis ? [['Redis', inRedis] as const] : [])])(
  'L-9: what one process takes back, over %s,',
  (_, share) => {
    it.each(['session', 'user', 'token'] as const)(
      'a %s, is the end of its sockets and its polls in all, within a second',
      async (kind) => {
        await using shared = await share()
        await using first = await startBff({ store: await shared.store() })
        await using second = await startBff({ store: await shared.store(), service: first.service })
        const both = [first, second]
        const [gone, kept] = await Promise.all(
          ['ada', 'grace'].map((token) => Promise.all(both.map(({ url }) => connect(url, { token })))),
        )
        const ask = (token: string) =>
          fetch(`${second.url}/things/a/news?wait=20000`, { headers: { authorization: `Bearer ${token}` } })
        const polls = ['ada', 'grace'].map(ask)
        await eventually(() => second.service.open.size === 2)
        const start = performance.now()
        await first.revocations[kind]({ session: 's1', user: 'ada', token: 'first' }[kind])
        expect(await Promise.all(gone!.map(({ closed }) => closed))).toEqual([
          '4401 token-invalid',
          '4401 token-invalid',
        ])
        expect(performance.now() - start).toBeLessThan(1_000)
        expect((await polls[0]!).status).toBe(401)
        for (const one of kept!) {
          one.say({ type: 'ping' })
          expect(await one.next()).toEqual({ type: 'pong' })
        }
        for (const { url } of both) expect(status(await say(url, opening({})))).toBe(401)
        first.service.happen()
        expect((await polls[1]!).status).toBe(200)
      },
    )
  },
)
