import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { open } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import { deprecation } from '../src/edge/deprecation.ts'
import { gateway, problem } from '../src/index.ts'
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
