import type { Contract } from '../../contract.ts'
import { faultOf, type Plan, type ScreenPlan } from '../plan.ts'
import { screensOf, treatmentsOf } from './access.ts'
import { amiss, type Facts, type Rule } from './finding.ts'

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
    mend: 'Let `parts` do with any answer that fits the contract, and `from` be the only thing that it waits for.',
    find: (facts) =>
      amiss(facts.plans, (plan) => {
        if (plan.admission.who === 'nobody') return `its guard refuses the sample: ${plan.admission.refusal}`
        const fault = faultOf(plan)
        return fault !== undefined && `it cannot be planned: ${fault}`
      }),
  },
  {
    id: 'A-03',
    severity: 'duty',
    mend: 'Give the screen a `budget: { bytes, calls, p95 }`.',
    find: (facts) => amiss(screensOf(facts), ({ budget }) => budget === undefined && 'it has no budget'),
  },
  {
    id: 'A-04',
    severity: 'duty',
    mend: 'Make fewer calls, or a larger budget.',
    find: (facts) =>
      amiss(screensOf(facts), (plan) => {
        const { budget } = plan
        return (
          budget !== undefined &&
          budget.calls < callsOf(plan) &&
          `it makes ${callsOf(plan)} calls, ${budget.calls} are its budget`
        )
      }),
  },
  {
    id: 'A-05',
    severity: 'duty',
    mend: 'Shorten a timeout on the way, or let a call start sooner.',
    find: (facts) =>
      amiss(
        screensOf(facts),
        ({ critical: { calls, timeouts }, deadline }) =>
          timeouts > deadline && `${calls.join(' → ')} may take ${timeouts} ms, ${deadline} ms are left for all of it`,
      ),
  },
  {
    id: 'A-08',
    severity: 'duty',
    mend: 'Ask for all in one turn, as `each` does: then they are gathered into one call.',
    find: (facts) => amiss(screensOf(facts), (plan) => repeated(plan, facts) ?? false),
  },
  {
    id: 'A-10',
    severity: 'danger',
    mend: 'Allow fewer attempts, or do without the hedge.',
    find: ({ plans }) => amiss(plans, multiplied),
  },
]
