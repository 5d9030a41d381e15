import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { open } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import { appVersion } from '../src/edge/app-version.ts'
import { gateway, problem } from '../src/index.ts'
import { json, upstream } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'

const front = {
  'GET /m/bootstrap': { auth: 'open', out: z.object({ ok: z.boolean() }) },
  'GET /m/me': { out: z.object({ id: z.string() }) },
} as const satisfies Contract

const files = { 'GET /files/:name': { auth: 'open' } } as const satisfies Contract

const { screen, forward, app } = gateway(front, { files }, { files: {} })

const ok = { parts: () => ({ ok: Promise.resolve(true) }), view: ({ ok }: { ok: boolean }) => ({ ok }) }

async function start(files: string, authenticated: string[]) {
  const gate = appVersion({
    minimum: '2.0.0',
    latest: '2.4.0',
    storeUrl: 'https://store.example/shop',
    exempt: ['/m/bootstrap'],
  })
  const routes = [
    screen('GET /m/bootstrap', { guard: open, ...ok }),
    screen('GET /m/me', {
      guard: async (exchange) => ({ user: (await exchange.authenticate()).user }),
      parts: ({ user }) => ({ id: Promise.resolve(user.id) }),
      view: ({ id }) => ({ id }),
    }),
    forward('/m/files', 'files', { guard: open }),
  ]
  return listen(
    app(routes, {
      gate,
      upstreams: { files },
      log: silent,
      authenticate: (exchange) => {
        authenticated.push(exchange.path)
        return Promise.reject(problem(401, 'token-missing'))
      },
    }),
  )
}

describe('an app that is too old', () => {
  it('is told so at every door, and nobody is asked who it is', async () => {
    await using files = await upstream((_req, res) => json(res, {}))
    const authenticated: string[] = []
    await using bff = await start(files.url, authenticated)
    for (const path of ['/m/me', '/m/files/a.png']) {
      const answer = await fetch(bff.url + path, { headers: { 'x-app-version': '1.9.9' } })
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toMatchObject({
        status: 403,
        code: 'app-update-required',
        minVersion: '2.0.0',
        latest: '2.4.0',
        storeUrl: 'https://store.example/shop',
        blocking: true,
      })
    }
    expect([authenticated, files.seen.length]).toEqual([[], 0])
  })

  it('can still ask what it must know', async () => {
    await using bff = await start('http://127.0.0.1:1', [])
    const answer = await fetch(`${bff.url}/m/bootstrap`, { headers: { 'x-app-version': '0.1' } })
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }])
  })

  it('is no other than one that says so', async () => {
    await using files = await upstream((_req, res) => json(res, {}))
    const authenticated: string[] = []
    await using bff = await start(files.url, authenticated)
    for (const headers of [{}, { 'x-app-version': '2.0.0' }, { 'x-app-version': '?' }] as Record<string, string>[]) {
      expect((await fetch(`${bff.url}/m/files/a.png`, { headers })).status).toBe(200)
      expect((await fetch(`${bff.url}/m/me`, { headers })).status).toBe(401)
    }
    expect(authenticated).toHaveLength(3)
  })
})
