import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { problemTable } from '@bff/gateway-core/plan'
import { page } from '../statuses.ts'

const written = readFileSync(join(import.meta.dirname, '../../docs/status-contract.md'), 'utf8')

describe('docs/status-contract.md', () => {
  it('lists every code: else run `npm run statuses -- --write`', () => {
    expect(page(written)).toBe(written)
  })

  it('gets a row back that was lost or changed, and keeps the rest', () => {
    const row = /^\| 410 .*\n/m
    expect(written).toMatch(row)
    expect(page(written.replace(row, ''))).toBe(written)
    expect(page(written.replace(row, '| 410 | `gone` | | |\n'))).toBe(written)
  })

  it('tells of no other code or status elsewhere', () => {
    const pairs = (text: string) =>
      new Set(text.match(/^\| \d{3} +\| `[a-z-]+`/gm)?.map((row) => row.replace(/ +/g, ' ')))
    expect(pairs(written).size).toBeGreaterThan(80)
    expect(pairs(written)).toEqual(pairs(problemTable()))
  })

  it('must have a place for them', () => {
    expect(() => page('# What a status means\n')).toThrow('Every code')
  })
})
