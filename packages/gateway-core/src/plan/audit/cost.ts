import type { Contract } from '../../contract.ts'
import { faultOf, type Plan, type ScreenPlan } from '../plan.ts'
import { screensOf, treatmentsOf } from './access.ts'
import { findingsIn, type Facts, type Rule } from './finding.ts'

/** Requests one call may cause at a service before that needs a reason. */
const mostAttempts = 4

const callsOf = ({ calls }: ScreenPlan): number => calls.reduce((sum, { times }) => sum + times, 0)

function repeated({ calls }: ScreenPlan, { estate }: Facts): string | undefined {
  const counts = Map.groupBy(calls, ({ upstream, key }) => `${upstream} ${key}`)
  for (const [name, alike] of counts) {
    const { upstream, key } = alike[0]!
    const { batch } = (estate.sources[upstream] as Contract)[key as keyof Contract] ?? {}
    const times = alike.reduce((sum, one) => sum + one.times, 0)
    if (batch !== undefined && times > 1) return `${name} is called ${times} times, though \`${batch.by}\` answers many`
  }
  return undefined
}

function multiplied(plan: Plan): string | false {
  const worst = treatmentsOf(plan).find(({ most }) => most > mostAttempts)
  return worst !== undefined && `one call becomes up to ${worst.most} requests at ${worst.upstream}`
}

/** Rules about cost. */
export const cost: readonly Rule[] = [
  {
    id: 'A-00',
    severity: 'duty',
    mend: 'Make `parts` handle any answer that fits the contract, and wait for nothing but `from`.',
    find: (facts) =>
      findingsIn(facts.plans, (plan) => {
        if (plan.admission.who === 'nobody') return `its guard refuses the sample: ${plan.admission.refusal}`
        const fault = faultOf(plan)
        return fault !== undefined && `it cannot be planned: ${fault}`
      }),
  },
  {
    id: 'A-03',
    severity: 'duty',
    mend: 'Give the screen a `budget: { bytes, calls, p95 }`.',
    find: (facts) => findingsIn(screensOf(facts), ({ budget }) => budget === undefined && 'it has no budget'),
  },
  {
    id: 'A-04',
    severity: 'duty',
    mend: 'Make fewer calls, or a larger budget.',
    find: (facts) =>
      findingsIn(screensOf(facts), (plan) => {
        const { budget } = plan
        return (
          budget !== undefined &&
          budget.calls < callsOf(plan) &&
          `it makes ${callsOf(plan)} calls, its budget is ${budget.calls}`
        )
      }),
  },
  {
    id: 'A-05',
    severity: 'duty',
    mend: 'Shorten a timeout on this path, or start a call earlier.',
    find: (facts) =>
      findingsIn(
        screensOf(facts),
        ({ critical: { calls, timeouts }, deadline }) =>
          timeouts > deadline && `${calls.join(' → ')} may take ${timeouts} ms, the deadline is ${deadline} ms`,
      ),
  },
  {
    id: 'A-08',
    severity: 'duty',
    mend: 'Make all calls in one turn, as `each` does: then they become one batch call.',
    find: (facts) => findingsIn(screensOf(facts), (plan) => repeated(plan, facts) ?? false),
  },
  {
    id: 'A-10',
    severity: 'danger',
    mend: 'Allow fewer attempts, or turn the hedge off.',
    find: ({ plans }) => findingsIn(plans, multiplied),
  },
]
