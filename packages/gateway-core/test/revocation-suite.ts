import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import type { Revocations } from '../src/auth.ts'
import type { Store } from '../src/state/store.ts'
import { until } from './leaks.ts'
import { credentials, type Instance, instance, services } from './instances.ts'

/** Store of one process; what is written through one is seen through the others. */
export interface Shared extends AsyncDisposable {
  connect(): Promise<Store>
}

/** Milliseconds that a machine with much else to do may take for what takes less than one second. */
const patience = 8_000

const kinds: readonly (readonly [string, (at: Revocations) => Promise<void>])[] = [
  ['session', (at) => at.session('s1')],
  ['user', (at) => at.user('someone')],
  ['token', (at) => at.token('t1')],
]

type Headers = Readonly<Record<string, string>>

/** An event stream, and whether it is still there. */
async function events(url: string, headers: Headers) {
  const response = await fetch(`${url}/live/events`, { headers })
  expect(response.status).toBe(200)
  const state = { heard: 0, over: false }
  const read = async () => {
    for await (const chunk of response.body!) state.heard += chunk.length
  }
  void read()
    .catch(() => undefined)
    .finally(() => (state.over = true))
  return state
}

async function socket(url: string, headers: Headers) {
  const ws = new WebSocket(`${url}/ws/a`, { headers })
  const state = { over: false }
  ws.on('error', () => undefined)
  ws.on('close', () => (state.over = true))
  await once(ws, 'open')
  return state
}

const status = async (url: string, headers: Headers): Promise<number> => {
  const response = await fetch(`${url}/live/events`, { headers })
  await response.body?.cancel()
  return response.status
}

const problem = async (asked: Promise<Response>): Promise<unknown> => {
  const response = await asked
  const { code } = (await response.json()) as { code?: unknown }
  return [response.status, code]
}

/** What revocation promises, of whatever store: run it of each there is. */
export function revocationSuite(name: string, share: () => Promise<Shared>): void {
  describe(`revocation over ${name}`, () => {
    const stack = new AsyncDisposableStack()
    let [one, other]: Instance[] = []
    let upstreams: Awaited<ReturnType<typeof services>>
    let shared: Shared

    beforeAll(async () => {
      shared = stack.use(await share())
      upstreams = stack.use(await services())
      one = stack.use(await instance(await shared.connect(), upstreams))
      other = stack.use(await instance(await shared.connect(), upstreams))
    })
    afterAll(() => stack.disposeAsync())

    it.each(kinds)('L-9: a %s ends everywhere: requests, event streams, sockets; others stay', async (kind, revoke) => {
      const theirs = credentials('someone', 's1', 't1')
      // Named anew for each kind, so that the revocation of one does not do for the next.
      const proof =
        {
          session: credentials(`${kind}-u`, 's1', '-'),
          user: credentials('someone', `${kind}-s`),
          token: credentials(`${kind}-u`, '-', 't1'),
        }[kind] ?? theirs
      const neighbour = credentials('neighbour', 's2', 't2')
      const gone = [
        await events(one!.url, proof),
        await events(other!.url, proof),
        await socket(one!.url, proof),
        await socket(other!.url, proof),
      ]
      const kept = [await events(other!.url, neighbour), await socket(other!.url, neighbour)]
      await revoke(one!.revocations)
      await until(
        () => gone.every(({ over }) => over),
        patience,
        () => `streams that are over: ${JSON.stringify(gone)}`,
      )
      for (const { url } of [one!, other!]) {
        expect(await problem(fetch(`${url}/live/events`, { headers: proof }))).toEqual([401, 'token-invalid'])
        const refused = new WebSocket(`${url}/ws/a`, { headers: proof })
        const [, answer] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }]
        expect(answer.statusCode).toBe(401)
        refused.on('error', () => undefined).terminate()
        expect(await status(url, neighbour)).toBe(200)
      }
      expect(kept.map(({ over }) => over)).toEqual([false, false])
    })

    it('L-9: an instance that starts afterwards knows', async () => {
      await one!.revocations.session('s-before')
      await using late = await instance(await shared.connect(), upstreams)
      expect(await status(late.url, credentials('someone-else', 's-before'))).toBe(401)
    })

    it('L-9: what is being answered when it happens is answered with the refusal, not with half of it', async () => {
      const before = upstreams.waiting.items
      const headers = credentials('busy', 's-busy', '-', 'session')
      const asked = [
        fetch(`${other!.url}/api/items/1`, { headers }),
        fetch(`${other!.url}/api/maybe/2`, { headers }),
        fetch(`${other!.url}/live/items/3`, { headers }),
        fetch(`${other!.url}/api/batch`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ parts: [{ id: 'a', method: 'GET', path: '/api/maybe/4' }] }),
        }),
      ].map(problem)
      await until(
        () => upstreams.waiting.items === before + asked.length,
        patience,
        () => `${upstreams.waiting.items - before} have come`,
      )
      await one!.revocations.session('s-busy')
      expect(await Promise.all(asked)).toEqual(asked.map(() => [401, 'session-expired']))
    })
  })
}
