import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from '@jest/globals'
import { type Facts, faultOf } from '@bff/gateway-core/plan'
import { allFacts, apps } from '../apps.ts'
import { hasDrifted, page } from '../routes.ts'

let facts: readonly Facts[]

beforeAll(async () => {
  facts = await allFacts()
})

it('plans every route of both BFFs', () => {
  const unplanned = facts.flatMap(({ plans }) =>
    plans.flatMap((plan) => (faultOf(plan) === undefined ? [] : [`${plan.path}: ${faultOf(plan)}`])),
  )
  expect(unplanned).toEqual([])
})

it('lists every route once', () => {
  const lines = page(facts).split('\n')
  for (const { path, methods } of apps.flatMap(({ routes }) => routes)) {
    const row = lines.filter((line) => line.startsWith(`| ${methods.join(' ')} `) && line.includes(`\`${path}\``))
    expect([path, row.length]).toEqual([path, 1])
  }
})

it('docs/routes.md says what the code does', () => {
  expect(hasDrifted(page(facts))).toBe(false)
})

it('sees a page that is another, and one that is missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'routes-'))
  try {
    const file = join(folder, 'routes.md')
    expect(hasDrifted('a', file)).toBe(true)
    writeFileSync(file, 'a')
    expect(hasDrifted('a', file)).toBe(false)
    expect(hasDrifted('b', file)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
