// npm run audit — checks the BFFs' routes for mistakes that no compiler sees. Fails if it finds any.
import { argumentsOf } from '@bff/gateway-core/arguments'
import { type Accepted, audit, type Facts, type Finding, unaccepted } from '@bff/gateway-core/plan'
import { acceptedBy, allFacts } from './apps.ts'

/** The findings in all apps, without those they accept. */
export const auditAll = (
  facts: readonly Facts[],
  accepted: (app: string) => readonly Accepted[] = acceptedBy,
): Finding[] =>
  facts.flatMap((one) => {
    const others = facts.filter((other) => other !== one)
    return unaccepted(one.app, audit(one, others), accepted(one.app))
  })

/** For humans: what is wrong, where, and how to fix it. */
export const report = (findings: readonly Finding[]): string =>
  findings
    .map(({ id, severity, app, route, place, sentence, mend }) => {
      const where = place === undefined ? '' : `   ${place}`
      return `${id} ${severity}   ${app} ${route}${where}\n  Problem: ${sentence}.\n  Fix: ${mend}\n`
    })
    .join('\n')

if (import.meta.main) {
  argumentsOf('npm run audit', {})
  const findings = auditAll(await allFacts())
  if (findings.length === 0) process.stdout.write('Nothing found.\n')
  else {
    const ways = 'To accept one, add it to audit.json of the app: [{ "id", "route", "reason" }].'
    process.stderr.write(`${report(findings)}\n${findings.length} found. ${ways}\n`)
    process.exitCode = 1
  }
}
