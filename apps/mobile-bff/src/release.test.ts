import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { release } from './release.ts'

const released = new URL('../../../packages/contracts/released/mobile/', import.meta.url)

describe('release', () => {
  it('serves the apps whose contracts are still checked, and no older ones', () => {
    const { floor } = JSON.parse(readFileSync(new URL('floor.json', released), 'utf8')) as { floor: string }
    expect(release.minimum).toBe(floor)
  })
})
