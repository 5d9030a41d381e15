import { callsOf, type Plan, type ScreenPlan } from '../plan.ts'
import type { Treatment } from '../treatment.ts'
import { findingsIn, type Facts, type Rule } from './finding.ts'

/** Operations of the contract. */
const operationsOf = ({ plans }: Facts) => plans.filter((plan) => 'operation' in plan)

export const screensOf = ({ plans }: Facts): ScreenPlan[] => plans.filter((plan) => plan.door === 'screen')

const isOpen = ({ admission }: Plan): boolean => admission.who === 'anybody'

/** The treatment of every upstream called. */
export const treatmentsOf = (plan: Plan): readonly (Treatment & { readonly upstream: string })[] => {
  if (plan.door !== 'forward') return callsOf(plan)
  return Object.values(plan.treatments).map((one) => ({ ...one, upstream: plan.upstream }))
}

const isMixing = ({ token, coalesced, cached }: Treatment): boolean =>
  token === 'user' && [coalesced, cached].some((key) => key !== undefined && !key.includes('user'))

/** Rules about who may access what. */
export const access: readonly Rule[] = [
  {
    id: 'A-01',
    severity: 'danger',
    mend: "Guard it, or write `auth: 'open'` in its contract: both must say who may call it.",
    find: (facts) =>
      findingsIn(operationsOf(facts), (plan) => {
        const marked = plan.operation.auth === 'open'
        if (plan.admission.who === 'nobody' || isOpen(plan) === marked) return false
        return marked ? 'its contract is open, its guard is not' : 'its guard is open, its contract is not'
      }),
  },
  {
    id: 'A-02',
    severity: 'danger',
    mend: 'Require a signed-in user, or send the upstream no user token.',
    find: ({ plans }) =>
      findingsIn(plans, (plan) => {
        const personal = treatmentsOf(plan).filter(({ token }) => token === 'user')
        const mixed = personal.find(isMixing)
        if (mixed !== undefined) return `users share answers of ${mixed.upstream}, though it gets user tokens`
        return isOpen(plan) && personal.length > 0 && `it is open, and ${personal[0]!.upstream} needs a user`
      }),
  },
  {
    id: 'A-11',
    severity: 'danger',
    mend: 'Guard it, or let it pass GET and HEAD only.',
    find: ({ plans }) =>
      findingsIn(plans, (plan) => {
        const writes = plan.methods.filter((method) => method !== 'GET' && method !== 'HEAD')
        return plan.door === 'forward' && isOpen(plan) && writes.length > 0 && `anybody may ${writes.join(' and ')}`
      }),
  },
]
