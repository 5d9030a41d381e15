import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, stopTime, underWay } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import type { Call, Reply } from '../call.ts'
import { shadow } from './shadow.ts'

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

/** A service that notes its calls and answers as it is told. */
function target(answer: () => Promise<Reply> = async () => replyOf()) {
  const seen: Call[] = []
  return { seen, send: (call: Call) => (seen.push(call), answer()) }
}

const never = () => new Promise<Reply>(() => undefined)

describe('shadow', () => {
  it('sends a share of the reads once more', async () => {
    const { seen, send } = target()
    const draws = [0, 0.09, 0.1, 0.5, 0.99]
    const filter = shadow(0.1, send, () => draws[nth++]!)
    let nth = 0
    for (const _ of draws) expect(await outcome(filter(callOf(), async () => replyOf(201)))).toBe(201)
    expect(seen).toHaveLength(2)
  })

  it.each<[string, Partial<Call>, number]>([
    ['GET', {}, 1],
    ['HEAD', { method: 'HEAD' }, 1],
    ['POST', { method: 'POST', body: '{}' }, 0],
    ['DELETE', { method: 'DELETE' }, 0],
    ['a GET with a body', { body: 'x' }, 0],
    ['an upload', { method: 'PUT', body: Readable.from(['x']) }, 0],
  ])('only reads: %s', async (_, call, copies) => {
    const { seen, send } = target()
    await shadow(1, send)(callOf(call), async () => replyOf())
    expect(seen).toHaveLength(copies)
  })

  it('a copy that fails, throws, or never answers is nobody’s trouble', async () => {
    const answers = [
      () => Promise.reject(faultOf('refused')),
      () => {
        throw new Error('broken')
      },
      never,
    ]
    for (const answer of answers) {
      const filter = shadow(1, answer)
      expect(await outcome(filter(callOf(), async () => replyOf(201)))).toBe(201)
    }
  })

  it('has a scope of its own, and ends with its time', async () => {
    const { seen, send } = target(never)
    const scope = new Scope()
    const tried = new Set<unknown>()
    await shadow(1, send)(callOf({ scope, tried, until: performance.now() + 500 }), async () => replyOf())
    scope.end(new Error('gone'))
    await pass(499)
    expect(seen[0]!.scope.ended).toBe(false)
    await pass(1)
    expect(seen[0]!.scope.reason).toMatchObject({ kind: 'timeout' })
    expect(seen[0]!.tried).toBeUndefined()
  })

  it('at most 16 under way; their bodies count', async () => {
    const bodies = Array.from({ length: 17 }, underWay)
    const { seen, send } = target(async () => replyOf(200, {}, bodies[seen.length - 1]!.body))
    const filter = shadow(1, send)
    const ask = () => outcome(filter(callOf(), async () => replyOf(201)))
    for (let nth = 0; nth < 20; nth++) expect(await ask()).toBe(201)
    expect(seen).toHaveLength(16)
    bodies[0]!.body.finish()
    await pass(0)
    await ask()
    expect(seen).toHaveLength(17)
  })

  it('reads 64 KiB of its answer at most', async () => {
    const { body, aborted } = underWay()
    await shadow(1, async () => replyOf(200, {}, body))(callOf(), async () => replyOf())
    await pass(0)
    body.push(Buffer.alloc(65_536))
    expect(aborted()).toBe(false)
    body.push(Buffer.alloc(1))
    expect(aborted()).toBe(true)
    await pass(0)
    expect(jest.getTimerCount()).toBe(0)
  })

  it('does nothing without a service or a share', async () => {
    const { seen, send } = target()
    await shadow(0, send)(callOf(), async () => replyOf())
    await shadow(1, undefined)(callOf(), async () => replyOf())
    expect(seen).toHaveLength(0)
  })
})
