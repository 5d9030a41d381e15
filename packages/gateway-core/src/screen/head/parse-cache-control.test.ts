import { describe, expect, it } from '@jest/globals'
import { parseCacheControl } from './parse-cache-control.ts'

describe('parseCacheControl', () => {
  it('reads equal values once', () => {
    expect(parseCacheControl('max-age=1')).toBe(parseCacheControl('max-age=1'))
    expect(parseCacheControl(['max-age=1', 'private'])).toBe(parseCacheControl('max-age=1, private'))
    expect(parseCacheControl(undefined)).toBe(parseCacheControl(undefined))
  })

  it('remembers a few hundred at most, and no long one', () => {
    const before = parseCacheControl('max-age=2')
    for (let nth = 0; nth < 1_000; nth++) parseCacheControl(`max-age=2, x=${nth}`)
    expect(parseCacheControl('max-age=2')).not.toBe(before)
    expect(parseCacheControl('max-age=2')).toEqual(before)
    const long = `max-age=3, x=${'y'.repeat(1_000)}`
    expect(parseCacheControl(long)).not.toBe(parseCacheControl(long))
    expect(parseCacheControl(long).maxAge).toBe(3_000)
  })
})
