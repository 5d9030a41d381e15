import { describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { z } from 'zod'
import { open, signedIn } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import { deprecation } from '../src/edge/deprecation.ts'
import { gateway, problem } from '../src/index.ts'
import { signedInAs } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'

const ending = { since: '2026-01-31T00:00:00Z', sunset: '2027-01-31T00:00:00Z', link: 'https://docs.example/v2' }
const out = z.object({ id: z.string() })

const front = {
  'GET /api/old/:id': { out, deprecated: ending, errors: { 'nothing-there': 404 } },
  'GET /api/new/:id': { out },
} as const satisfies Contract

const { screen, app } = gateway(front, {}, {})

const spec = {
  guard: open,
  parts: ({ params }: { params: { id: string } }) => ({ id: Promise.resolve(params.id) }),
  view: ({ id }: { id: string }) => {
    if (id === 'none') throw problem(404, 'nothing-there')
    return { id }
  },
}

const start = (clock: () => number) =>
  listen(
    app([screen('GET /api/old/:id', spec), screen('GET /api/new/:id', spec)].map(deprecation(clock)), {
      upstreams: {},
      log: silent,
      authenticate: () => Promise.reject(problem(401, 'token-missing')),
    }),
  )

const said = ({ headers }: Response) => ['deprecation', 'sunset', 'link'].map((name) => headers.get(name))

const fields = [
  '@1769817600',
  'Sun, 31 Jan 2027 00:00:00 GMT',
  '<https://docs.example/v2>; rel="deprecation", <https://docs.example/v2>; rel="sunset"',
]

describe('an operation that ends', () => {
  it('D-1, D-2, D-3: says so on every answer, and only it does', async () => {
    await using bff = await start(() => 0)
    const answer = await fetch(`${bff.url}/api/old/7`)
    expect([answer.status, await answer.json(), said(answer)]).toEqual([200, { id: '7' }, fields])
    const missing = await fetch(`${bff.url}/api/old/none`)
    expect([missing.status, said(missing)]).toEqual([404, fields])
    expect(said(await fetch(`${bff.url}/api/new/7`))).toEqual([null, null, null])
  })

  it('D-4: answers as ever until its sunset, then 410', async () => {
    let now = Date.parse(ending.sunset) - 1
    await using bff = await start(() => now)
    expect((await fetch(`${bff.url}/api/old/7`)).status).toBe(200)
    now++
    const answer = await fetch(`${bff.url}/api/old/7`)
    expect(said(answer)).toEqual(fields)
    expect(await answer.json()).toMatchObject({ status: 410, code: 'endpoint-retired', link: ending.link })
    expect((await fetch(`${bff.url}/api/new/7`)).status).toBe(200)
  })
})

describe('D-5: who still asks for what will be no more', () => {
  const lines: string[] = []
  const started = () =>
    listen(
      app([screen('GET /api/old/:id', { ...spec, guard: signedIn }), screen('GET /api/new/:id', spec)], {
        upstreams: {},
        log: pino({}, { write: (line: string) => void lines.push(line) }),
        authenticate: ({ headers: { authorization: client } }) =>
          client === undefined
            ? Promise.reject(problem(401, 'token-missing'))
            : Promise.resolve(signedInAs('ada', { client })),
      }),
    )

  it('is counted by client and version, and stands in the access log', async () => {
    await using bff = await started()
    const ask = (path: string, headers: Record<string, string>) => fetch(bff.url + path, { headers })
    for (const version of ['2.1.0', '2.1.0', '3.0.0-beta', 'x"y']) {
      await ask('/api/old/7', { authorization: 'app', 'x-app-version': version })
      await ask('/api/new/7', { authorization: 'app', 'x-app-version': version })
    }
    await ask('/api/old/none', { authorization: 'partner' })
    await ask('/api/old/7', { 'x-app-version': '9.9.9' })
    expect((await countsOf(bff.url)).toSorted()).toEqual([
      'client="app",version="2.1.0"} 2',
      'client="app",version="3.0.0"} 1',
      'client="app",version="other"} 1',
      'client="partner",version="unknown"} 1',
    ])
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ deprecated }) => deprecated)
    expect(told.map(({ route, client, version }) => [route, client, version])).toEqual([
      ['/api/old/:id', 'app', '2.1.0'],
      ['/api/old/:id', 'app', '2.1.0'],
      ['/api/old/:id', 'app', '3.0.0-beta'],
      ['/api/old/:id', 'app', 'x"y'],
      ['/api/old/:id', 'partner', undefined],
    ])
  })

  it('is so many and then others, whatever clients say', async () => {
    await using bff = await started()
    for (let i = 0; i < 60; i++)
      await fetch(`${bff.url}/api/old/7`, { headers: { authorization: 'app', 'x-app-version': `1.0.${i}` } })
    const counts = await countsOf(bff.url)
    expect(counts).toHaveLength(51)
    expect(counts).toContain('client="other",version="other"} 10')
  })

  const countsOf = async (url: string): Promise<string[]> =>
    (await (await fetch(`${url}/metrics`)).text())
      .split('\n')
      .flatMap((line) => line.split('deprecated_requests_total{route="/api/old/:id",')[1] ?? [])
})
