import { expect, it } from '@jest/globals'
import { allFacts } from '../apps.ts'
import { auditAll, report } from '../audit.ts'

it('finds nothing in the two BFFs that is not meant to be', async () => {
  expect(report(auditAll(await allFacts()))).toBe('')
})

it('finds what is wrong in either, and says how to mend it', async () => {
  const [web, mobile] = await allFacts()
  const without = [{ ...web!, plans: web!.plans.filter(({ path }) => path !== '/api/home') }, mobile!]
  const findings = auditAll(without, () => [])
  expect(findings).toContainEqual(
    expect.objectContaining({ id: 'A-09', app: 'web-bff', route: 'GET /api/home', sentence: 'no route answers it' }),
  )
  expect(report(findings)).toContain('A-09 duty   web-bff GET /api/home\n  Problem: no route answers it.\n  Fix: Write')
})

it('says of an entry in audit.json that it has nothing to do any more', async () => {
  const entry = { id: 'A-03', route: 'GET /api/none', reason: 'was so once' }
  const findings = auditAll(await allFacts(), (app) => (app === 'web-bff' ? [entry] : []))
  expect(findings).toContainEqual(expect.objectContaining({ id: 'A-15', app: 'web-bff', route: 'GET /api/none' }))
})
