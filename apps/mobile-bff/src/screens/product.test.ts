import { describe, expect, it } from '@jest/globals'
import { shorten } from './product.ts'

describe('shorten', () => {
  it('leaves what fits', () => {
    expect(shorten('A lamp.')).toEqual({ text: 'A lamp.', more: false })
    expect(shorten('x'.repeat(160))).toEqual({ text: 'x'.repeat(160), more: false })
  })

  it('cuts between words, and says that there is more', () => {
    const { text, more } = shorten('word '.repeat(60).trim())
    expect(text).toMatch(/^(?:word )+word…$/)
    expect(text.length).toBeLessThanOrEqual(161)
    expect(more).toBe(true)
  })

  it('cuts within a word that does not end', () => {
    expect(shorten('x'.repeat(300))).toEqual({ text: `${'x'.repeat(160)}…`, more: true })
  })
})
