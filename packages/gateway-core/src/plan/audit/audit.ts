import type { Route } from '../../exchange.ts'
import type { Estate } from '../estate.ts'
import { plansOf } from '../plan.ts'
import { access } from './access.ts'
import { contract } from './contract.ts'
import { cost } from './cost.ts'
import { type Accepted, type Facts, type Finding, nameOf, type Rule } from './finding.ts'

/** In order of their ids. */
export const rules: readonly Rule[] = [...access, ...cost, ...contract].toSorted((a, b) => (a.id < b.id ? -1 : 1))

/** The input of all rules. `now`: epoch milliseconds. */
export async function factsOf(
  app: string,
  routes: readonly Pick<Route<never>, 'methods' | 'path' | 'place' | 'when' | 'cost' | 'guard' | 'made'>[],
  estate: Estate,
  now: () => number = Date.now,
): Promise<Facts> {
  const screens = routes.flatMap(({ made }) => (made?.door === 'screen' ? [[made.key, made] as const] : []))
  return { app, estate, plans: await plansOf(routes, estate), screens: Object.fromEntries(screens), now: now() }
}

/** Runs all rules on one app; `others` are its sibling apps. */
export function audit(facts: Facts, others: readonly Facts[] = []): Finding[] {
  const places = new Map(facts.plans.map((plan) => [nameOf(plan), plan.place]))
  return rules.flatMap(({ id, severity, mend, find }) =>
    find(facts, others).map((found) => ({
      id,
      severity,
      mend,
      app: facts.app,
      ...found,
      place: places.get(found.route),
    })),
  )
}

/**
 * Removes accepted findings. An acceptance without a reason, or of something no longer found, is itself a finding,
 * `A-15`, so that the list does not grow unread.
 */
export function unaccepted(app: string, findings: readonly Finding[], accepted: readonly Accepted[]): Finding[] {
  const isSame = (one: Accepted, other: Finding) => one.id === other.id && one.route === other.route
  const outdated = accepted.flatMap((one): Finding[] => {
    const known = findings.some((finding) => isSame(one, finding))
    if (known && one.reason.trim().length > 0) return []
    const sentence = known ? `${one.id} is accepted without a reason` : `${one.id} is accepted, but no longer found`
    return [{ id: 'A-15', severity: 'duty', app, route: one.route, sentence, mend: 'Fix the entry in audit.json.' }]
  })
  return [...findings.filter((finding) => !accepted.some((one) => isSame(one, finding))), ...outdated]
}
