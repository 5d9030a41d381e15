import { describe, expect, it } from '@jest/globals'
import { part } from '../part.ts'
import { optional } from './mark.ts'
import { settle } from './settle.ts'

const fail = (message: string): Promise<string> => Promise.reject(new Error(message))
const reported: string[] = []
const report = (name: string) => reported.push(name)

describe('settle', () => {
  it('gives every part its value, and says of the optional ones that they are ok', async () => {
    const { values, statuses } = await settle({ a: Promise.resolve(1), b: optional(Promise.resolve('x'), '-') }, report)
    expect(values).toEqual({ a: 1, b: 'x' })
    expect(statuses).toEqual({ b: 'ok' })
  })

  it('falls back where it may, says so and reports why', async () => {
    const { values, statuses } = await settle({ a: Promise.resolve(1), b: optional(fail('down'), '-') }, report)
    expect(values).toEqual({ a: 1, b: '-' })
    expect(statuses).toEqual({ b: 'fallback' })
    expect(reported).toContain('b')
  })

  it('fails at once with the first required part that fails', async () => {
    const never = new Promise<never>(() => undefined)
    await expect(settle({ slow: never, broken: fail('gone') }, report)).rejects.toThrow('gone')
  })
})

describe('part', () => {
  it('lets nothing derived from a failed part become an unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', listen)
    const broken = part(fail('gone'))
    void broken.then((x) => x).then((x) => x)
    void broken.finally(() => undefined)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
    await expect(broken).rejects.toThrow('gone')
  })
})
