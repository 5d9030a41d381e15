// Checked by the compiler alone: each `@ts-expect-error` is a test.
import { z } from 'zod'
import type { Contract } from '../../src/contract.ts'
import { declares } from '../../src/grpc.ts'
import { gateway } from '../../src/index.ts'
import { Sample } from './gen/sample_pb.js'

const front = {
  'POST /api/items': { out: z.object({ id: z.string() }), errors: { 'out-of-stock': 409 } },
  'GET /api/items': { out: z.object({ id: z.string() }) },
  'GET /api/live': { streams: true, out: z.object({ id: z.string() }) },
} as const satisfies Contract

const sample = declares(Sample, { post: { 'out-of-stock': 409 } })
// @ts-expect-error -- there is no such method
declares(Sample, { poster: { 'out-of-stock': 409 } })

const { screen, stream } = gateway(front, { sample }, { sample: {} })
const guard = () => ({})

screen('POST /api/items', {
  guard,
  parts: ({ from }) => ({ item: from.sample.post({ id: 'x' }) }),
  view: ({ item }) => ({ id: item.id }),
})

screen('GET /api/items', {
  guard,
  parts: ({ from }) => ({ item: from.sample.post({ id: 'x' }).except('out-of-stock', undefined) }),
  // @ts-expect-error -- it may be undefined
  view: ({ item }) => ({ id: item.id }),
})

screen('GET /api/items', {
  guard,
  // @ts-expect-error -- a member that the message has not, and a code that the method does not declare
  parts: ({ from }) => ({ item: from.sample.read({ ids: ['x'] }).except('out-of-stock', undefined) }),
  view: () => ({ id: '' }),
})

// @ts-expect-error -- it answers many times
screen('GET /api/live', { guard, parts: () => ({}), view: () => ({ id: '' }) })
// @ts-expect-error -- it answers once
stream('GET /api/items', { guard, items: ({ from }) => from.sample.watch({}), view: ({ id }) => ({ id }) })

stream('GET /api/live', {
  guard,
  items: ({ from }) => from.sample.watch({ id: 'x' }),
  // @ts-expect-error -- 64-bit integers are no numbers
  view: ({ count }) => ({ id: count satisfies number }),
})

stream('GET /api/live', {
  guard,
  // @ts-expect-error -- no method of many requests can be called
  items: ({ from }) => from.sample.collect({}),
  view: () => ({ id: '' }),
})
