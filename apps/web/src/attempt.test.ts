import { describe, expect, it } from '@jest/globals'
import { attempts } from './attempt.ts'

describe('the key of an attempt', () => {
  const counted = () => {
    let n = 0
    return attempts(() => `key-${(n += 1)}`)
  }

  it('stays while the cart stays', () => {
    const key = counted()
    expect([key(4), key(4), key(4)]).toEqual(['key-1', 'key-1', 'key-1'])
  })

  it('is another for a cart that changed', () => {
    const key = counted()
    expect([key(4), key(5), key(5)]).toEqual(['key-1', 'key-2', 'key-2'])
  })

  it('fits what the contract asks of it', () => {
    expect(attempts()(1)).toMatch(/^[\w-]{8,64}$/)
  })
})
