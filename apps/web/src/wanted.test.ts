import { describe, expect, it } from '@jest/globals'
import { takeWanted, want } from './wanted.ts'

function memory(): Storage {
  const kept = new Map<string, string>()
  return {
    get length() {
      return kept.size
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
    clear: () => kept.clear(),
  }
}

describe('what somebody wanted before they signed in', () => {
  it('is given back once', () => {
    const storage = memory()
    want(storage, 'prd_lamp', 2)
    expect(takeWanted(storage, 'prd_lamp')).toBe(2)
    expect(takeWanted(storage, 'prd_lamp')).toBeUndefined()
  })

  it('is forgotten by whoever looks at something else first', () => {
    const storage = memory()
    want(storage, 'prd_lamp', 2)
    expect(takeWanted(storage, 'prd_bowl')).toBeUndefined()
    expect(takeWanted(storage, 'prd_lamp')).toBeUndefined()
  })

  it('is the last thing only', () => {
    const storage = memory()
    want(storage, 'prd_lamp', 2)
    want(storage, 'prd_bowl', 1)
    expect(takeWanted(storage, 'prd_bowl')).toBe(1)
  })
})
