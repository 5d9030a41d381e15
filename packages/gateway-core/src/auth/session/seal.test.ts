import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { seal, unseal } from './seal.ts'

const key = randomBytes(32)
const sealed = seal('näme', key, 'here')

describe('seal', () => {
  it('opens for its key and context', () => {
    expect(unseal(sealed, key, 'here')).toBe('näme')
    expect(unseal(seal('', key, 'here'), key, 'here')).toBe('')
  })

  it('never makes the same twice, and shows nothing', () => {
    expect(seal('näme', key, 'here')).not.toBe(sealed)
    expect(Buffer.from(sealed, 'base64url').includes('näme')).toBe(false)
  })

  it('does not open when any one byte is another', () => {
    const bytes = Buffer.from(sealed, 'base64url')
    for (let at = 0; at < bytes.length; at += 1) {
      const bent = Buffer.from(bytes)
      bent[at]! ^= 1
      expect(unseal(bent.toString('base64url'), key, 'here')).toBeUndefined()
    }
  })

  it.each([
    ['another key', sealed, randomBytes(32), 'here'],
    ['another context', sealed, key, 'there'],
    ['a part of it', sealed.slice(0, -4), key, 'here'],
    ['next to nothing', 'AAAA', key, 'here'],
    ['nothing', '', key, 'here'],
  ])('does not open with %s', (_, text, other, context) => {
    expect(unseal(text, other, context)).toBeUndefined()
  })
})
