import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { memoryStore, type Store } from '../../src/state.ts'
import { redisStore } from '../../src/state/redis.ts'
import { hasRedis, redisServer } from '../../src/testing-redis.ts'
import type { Browser } from '../browser.ts'
import { silent } from '../exchange.ts'
import { until } from '../leaks.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

interface Shared extends AsyncDisposable {
  readonly storeOf: (nth: number) => Store
}

const inMemory = async (): Promise<Shared> => {
  const store = memoryStore()
  return { storeOf: () => store, [Symbol.asyncDispose]: async () => undefined }
}

const inRedis = async (): Promise<Shared> => {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await redisServer())
  const open: Store[] = []
  for (let nth = 0; nth < 2; nth += 1) {
    open.push(stack.use(await redisStore({ url, prefix: 'test:', log: silent, timeout: 5_000 })))
  }
  return { storeOf: (nth) => open[nth]!, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Milliseconds that a machine with much else to do may take for what takes less than one second. */
const patience = 8_000

interface Open {
  over: boolean
}

/** An event stream that goes on until somebody ends it, at one of the processes. */
async function stream(web: WebApp, someone: Browser, process: number): Promise<Open> {
  const response = await web.ask(someone, '/api/files/held', { headers: { 'x-process': String(process) } })
  expect(response.status).toBe(200)
  const state: Open = { over: false }
  const read = async () => {
    for await (const _ of response.body!);
  }
  void read()
    .catch(() => undefined)
    .finally(() => (state.over = true))
  return state
}

async function socket(web: WebApp, someone: Browser, process: number): Promise<Open> {
  const cookie = [...web.cookies(someone)].map((pair) => pair.join('=')).join('; ')
  const headers = { cookie, origin: web.url, 'x-csrf': '1', 'x-process': String(process) }
  const ws = new WebSocket(`${web.url.replace('http', 'ws')}/api/live/a`, { headers })
  const state: Open = { over: false }
  ws.on('error', () => undefined)
  ws.on('close', () => (state.over = true))
  await once(ws, 'open')
  return state
}

const openAll = (web: WebApp, someone: Browser): Promise<Open[]> =>
  Promise.all([stream(web, someone, 0), stream(web, someone, 1), socket(web, someone, 0), socket(web, someone, 1)])

const allOver = (all: readonly Open[]): Promise<void> =>
  until(
    () => all.every(({ over }) => over),
    patience,
    () => `over: ${JSON.stringify(all)}`,
  )

const audited = ({ lines }: WebApp) =>
  lines
    .map((line) => JSON.parse(line) as { audit?: string; reason?: string; user?: string })
    .flatMap(({ audit, reason, user }) => (audit === undefined ? [] : [[audit, user, reason]]))

const redis = hasRedis(process.env['CI'] === 'true')
const shares = [['memory', inMemory] as const, ...(redis ? [['Redis', inRedis] as const] : [])]

/** Ways for a session to end, and what the audit log says of it. `mine` asks; `lost` is the one that ends. */
const ways: readonly (readonly [
  name: string,
  reason: string,
  end: (web: WebApp, lost: Browser, mine: Browser) => Promise<unknown>,
])[] = [
  ['signing out', 'logout', (web, lost) => web.ask(lost, '/bff/logout', { method: 'POST' })],
  [
    'signing out everywhere else',
    'signed-out-elsewhere',
    (web, _lost, mine) => web.ask(mine, '/bff/sessions?except=current', { method: 'DELETE' }),
  ],
  ['signing in again', 'replaced', (web, lost) => web.signIn(lost)],
  ['signing out of the provider', 'back-channel', (web, lost) => web.signOutAtProvider(lost)],
]

describe.each(shares)('a session over %s that ends', (_, share) => {
  const stack = new AsyncDisposableStack()
  let web: WebApp
  beforeAll(async () => {
    const shared = stack.use(await share())
    web = stack.use(await webApp({ storeOf: shared.storeOf, processes: 2, backchannel: true }))
  })
  afterAll(() => stack.disposeAsync())

  it.each(ways)(
    'L-9: by %s takes along what is open with it in all processes, and is told of once',
    async (name, reason, end) => {
      web.idp.person = name
      const [lost, mine] = [await web.signIn(), await web.signIn()]
      web.idp.person = 'neighbour'
      const neighbour = await web.signIn()
      const gone = await openAll(web, lost)
      const kept = [...(await openAll(web, mine)), ...(await openAll(web, neighbour))]
      web.lines.length = 0
      web.idp.person = name
      await end(web, lost, mine)
      await allOver(gone)
      expect(kept.filter(({ over }) => over)).toEqual([])
      expect(audited(web).filter(([event]) => event === 'session_expired')).toEqual([['session_expired', name, reason]])
      expect(audited(web).filter(([event]) => event === 'authn_token_revoked')).toEqual([])
      // Whoever comes back, and is still known at the provider by the same session, is let in.
      await web.signIn(lost)
      for (const process of [0, 1]) {
        const answer = await web.ask(lost, '/api/things', { headers: { 'x-process': String(process) } })
        expect(answer.status).toBe(200)
      }
    },
    30_000,
  )

  it.each(['user', 'session'] as const)('L-9: by a %s that is taken back is none for the page either', async (kind) => {
    web.idp.person = `revoked ${kind}`
    const someone = await web.signIn()
    const answer = await web.ask(someone, '/bff/sessions')
    const { items } = (await answer.json()) as { items: [{ id: string }] }
    const gone = await openAll(web, someone)
    // Tokens tell time in whole seconds.
    await web.revocations[1]![kind](kind === 'user' ? `revoked ${kind}` : items[0].id, 'stolen', Date.now() + 1_000)
    await allOver(gone)
    for (const process of ['1', '0']) {
      const refused = await web.ask(someone, '/api/things', { headers: { 'x-process': process } })
      expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'session-expired' }])
    }
    expect(await (await web.ask(someone, '/bff/session')).json()).toEqual({ authenticated: false })
    expect(web.cookies(someone).get(SID)).toBeUndefined()
  })
})
