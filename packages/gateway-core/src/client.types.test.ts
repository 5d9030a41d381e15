import { z } from 'zod'
import { createClient } from './client.ts'
import type { Contract } from './contract.ts'

const contract = {
  'GET /things/:id': {
    query: z.object({ q: z.string().optional() }),
    out: z.object({ name: z.string() }),
    optional: ['stock'],
    errors: { 'thing-not-found': 404, 'thing-lost': 410 },
  },
  'PUT /things/:id': { body: z.object({ size: z.int() }) },
} as const satisfies Contract

export const client = createClient<typeof contract>()

export async function compiles(): Promise<void> {
  const { name, meta } = await client('GET /things/:id', { id: '1', q: 'x' })
  const kept: { name: string; stock: 'ok' | 'stale' | 'fallback' } = { name, stock: meta.parts.stock }
  const none: void = await client.with({ signal: new AbortController().signal })('PUT /things/:id', {
    id: kept.name,
    body: { size: 1 },
  })
  return none
}

export async function doesNotCompile(): Promise<void> {
  // @ts-expect-error no such operation
  await client('GET /thing/:id', { id: '1' })
  // @ts-expect-error the path parameter is missing
  await client('GET /things/:id', { q: 'x' })
  // @ts-expect-error so is the whole input
  await client('GET /things/:id')
  // @ts-expect-error a body of the wrong type
  await client('PUT /things/:id', { id: '1', body: { size: 'large' } })
  // @ts-expect-error the answer has no such member
  void (await client('GET /things/:id', { id: '1' })).price
  // @ts-expect-error this one answers nothing
  void (await client('PUT /things/:id', { id: '1', body: { size: 1 } })).name
  // @ts-expect-error the same rules hold with a signal
  await client.with({ signal: new AbortController().signal })('GET /things/:id')
}

export function narrows(error: unknown): 'thing-lost' | 'thing-not-found' | 'rate-limited' | undefined {
  if (client.is(error, 'GET /things/:id', 'thing-lost')) {
    const code: 'thing-lost' = error.code
    return code
  }
  if (client.is(error, 'GET /things/:id', 'thing-not-found', 'rate-limited')) return error.code
  // @ts-expect-error the operation does not declare this code
  client.is(error, 'GET /things/:id', 'out-of-stock')
  // @ts-expect-error another one declares it
  client.is(error, 'PUT /things/:id', 'thing-lost')
  // @ts-expect-error no such operation
  client.is(error, 'GET /thing/:id', 'rate-limited')
  // @ts-expect-error for no code at all
  client.is(error, 'GET /things/:id')
  if (client.is(error, 'PUT /things/:id', 'network-error', 'validation')) {
    // @ts-expect-error it is one of the two that were asked for
    const code: 'network-error' = error.code
    void code
  }
  return undefined
}
