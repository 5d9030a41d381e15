import { describe, expect, it } from '@jest/globals'
import { Body } from '../body.ts'
import { Fault } from '../fault.ts'
import { type Copied, drain, tee } from './tee.ts'

/** A body, what was said to its source, and a copy of at most 10 bytes. */
function setUp() {
  const said: string[] = []
  const copies: Copied[] = []
  const from = new Body({
    pause: () => void said.push('pause'),
    resume: () => void said.push('resume'),
    abort: () => void said.push('abort'),
  })
  const body = tee(from, 10, 'orders', (copied) => void copies.push(copied))
  return { from, body, said, copies }
}

const text = (copied: Copied | undefined) => (Buffer.isBuffer(copied) ? copied.toString() : copied)

describe('tee', () => {
  it('A-05: passes on what comes when it comes, and copies it when all of it is here', async () => {
    const { from, body, copies } = setUp()
    const seen: string[] = []
    body.read({ data: (chunk) => seen.push(chunk.toString()) > 0, end: () => seen.push('end'), fail: () => undefined })
    from.push(Buffer.from('ab'))
    expect(seen).toEqual(['ab'])
    from.push(Buffer.from('cd'))
    expect(copies).toEqual([])
    from.finish()
    expect(seen).toEqual(['ab', 'cd', 'end'])
    expect(copies.map(text)).toEqual(['abcd'])
  })

  it('A-05: a whole body is copied at once', () => {
    const copies: Copied[] = []
    const body = tee(Body.of('abc'), 10, 'orders', (copied) => void copies.push(copied))
    expect(copies.map(text)).toEqual(['abc'])
    expect(body.take()?.toString()).toBe('abc')
    tee(Body.of('x'.repeat(11)), 10, 'orders', (copied) => void copies.push(copied))
    expect(copies[1]).toBe('too large')
  })

  it('A-05: a copy keeps nothing alive but itself', () => {
    const { from, copies } = setUp()
    from.push(Buffer.alloc(65_536).subarray(0, 4))
    from.finish()
    expect((copies[0] as Buffer).buffer.byteLength).toBe(4)
  })

  it('A-05: what breaks is no copy', () => {
    const { from, body, copies } = setUp()
    from.push(Buffer.from('ab'))
    from.fail(new Fault('reset', 'orders'))
    expect(copies).toMatchObject([{ kind: 'reset' }])
    expect(body.over).toBe(true)
  })

  it('reads on for the copy while the reader is slow, and past its limit no more', () => {
    const { from, body, said, copies } = setUp()
    body.read({ data: () => false, end: () => undefined, fail: () => undefined })
    said.length = 0
    from.push(Buffer.from('12345'))
    expect(said).toEqual([])
    from.push(Buffer.from('678901'))
    expect(copies).toEqual(['too large'])
    expect(said).toEqual(['pause'])
    body.resume()
    expect(said).toEqual(['pause', 'resume'])
  })

  it('A-04: copies on when the reader has left', () => {
    const { from, body, said, copies } = setUp()
    from.push(Buffer.from('ab'))
    body.destroy()
    expect(said).not.toContain('abort')
    from.push(Buffer.from('cd'))
    from.finish()
    expect(copies.map(text)).toEqual(['abcd'])
  })

  it('A-04: but not what is too large, for nobody', () => {
    const { from, body, said } = setUp()
    body.destroy()
    from.push(Buffer.from('x'.repeat(11)))
    expect(said).toContain('abort')
    const other = setUp()
    other.from.push(Buffer.from('x'.repeat(11)))
    other.body.destroy()
    expect(other.said).toContain('abort')
  })

  it('drain: reads to the end, and throws away what is longer than that', () => {
    const { from, said } = setUp()
    const small = new Body({ pause: () => undefined, resume: () => undefined, abort: () => void said.push('small') })
    drain(small, 4)
    small.push(Buffer.from('1234'))
    small.finish()
    const long = new Body({ pause: () => undefined, resume: () => undefined, abort: () => void said.push('long') })
    drain(long, 4)
    long.push(Buffer.from('12345'))
    drain(from, 4)
    expect(said.filter((word) => word !== 'resume')).toEqual(['long'])
    expect(long.over).toBe(true)
  })
})
