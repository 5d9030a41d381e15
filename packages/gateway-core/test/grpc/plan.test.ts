import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract } from '../../src/contract.ts'
import { gateway } from '../../src/index.ts'
import { planOf } from '../../src/plan.ts'
import type { Policy } from '../../src/policy.ts'
import { Sample } from './gen/sample_pb.js'

const Item = z.object({ id: z.string() })
const front = {
  'POST /api/all': { out: Item },
  'GET /api/live': { streams: true, out: Item },
} as const satisfies Contract

async function planned(policy: Policy) {
  const { screen, stream, estate } = gateway(front, { sample: Sample }, { sample: policy })
  const guard = () => ({})
  const all = screen('POST /api/all', {
    guard,
    parts: ({ from }) => ({ a: from.sample.read({ id: 'x' }), b: from.sample.put({}), c: from.sample.post({}) }),
    view: ({ a }) => ({ id: a.id }),
  })
  const live = stream('GET /api/live', {
    guard,
    items: ({ from }) => from.sample.watch({}),
    view: ({ id }) => ({ id }),
  })
  const [screenPlan, streamPlan] = [await planOf(all, estate), await planOf(live, estate)]
  if (screenPlan.door !== 'screen' || streamPlan.door !== 'stream') throw new Error('not planned')
  return Object.fromEntries([...screenPlan.calls, ...streamPlan.calls].map((call) => [call.key, call]))
}

describe('the plan of remote calls', () => {
  it('says what the filters of the road would do', async () => {
    const calls = await planned({ attempts: 3, hedge: {}, cache: { maxAge: 1_000 }, headers: ['accept-language'] })
    const travels = ['accept-language', 'traceparent', 'x-forwarded-for', 'grpc-timeout']
    expect(calls['read']).toMatchObject({
      protocol: 'grpc',
      safe: true,
      hedged: true,
      cached: ['url', 'headers'],
      travels,
    })
    expect(calls['read']!.coalesced).toEqual(['url', 'headers'])
    expect(calls['put']).toMatchObject({ safe: false, hedged: false, most: 3 })
    expect(calls['post']).toMatchObject({ safe: false, most: 1 })
    expect(calls['watch']).toMatchObject({ safe: true, timeout: 1_000 })
    for (const key of ['put', 'post', 'watch']) expect(calls[key]).not.toHaveProperty('cached')
  })

  it('follows the policy where the .proto says nothing, and refuses one that says what is not so', async () => {
    expect((await planned({ attempts: 2, idempotency: { post: 'idempotent' } }))['post']).toMatchObject({ most: 2 })
    await expect(planned({ idempotency: { read: 'safe' } })).rejects.toThrow(/the .proto of "read" already declares it/)
    await expect(planned({ idempotency: { poster: 'safe' } })).rejects.toThrow(/unknown method "poster"/)
  })
})
