import { describe, expect, it } from '@jest/globals'
import { seeded } from '../../../test/call.ts'
import { entityTag } from './entity-tag.ts'
import { isNamed } from '../../road/tags.ts'

describe('entityTag', () => {
  it('H-9: is of the bytes that leave, and the same in every process', () => {
    expect(entityTag('{"name":"Lämp"}')).toBe(entityTag(Buffer.from('{"name":"Lämp"}')))
    expect(entityTag('')).toBe('"47DEQpj8HBSa-_TImW-5JC"')
  })

  it('H-9: is strong, in form, and of one length', () => {
    for (let nth = 0; nth < 2_000; nth++) {
      const tag = entityTag(String(nth))
      expect(tag).toMatch(/^"[\w-]{22}"$/)
      expect(isNamed(`"other", ${tag}`, tag, 'strong')).toBe(true)
    }
  })

  it('H-9: another byte is another tag', () => {
    const seed = 7
    const draw = seeded(seed)
    const bytes = Buffer.from(Array.from({ length: 4_096 }, () => draw() * 256))
    const tags = new Set([entityTag(bytes)])
    for (let at = 0; at < bytes.length; at += 16) {
      bytes[at]! ^= 1
      tags.add(entityTag(bytes))
    }
    expect({ seed, tags: tags.size }).toEqual({ seed, tags: 257 })
  })
})
