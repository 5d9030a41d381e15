import { setTimeout as pause } from 'node:timers/promises'
import type { FullPolicy } from '../policy.ts'
import { RetryBudget } from '../road/budget.ts'
import { type Call, pipe, type Service } from '../road/call.ts'
import { Fault } from '../road/fault.ts'
import { hedge } from '../road/filters/hedge.ts'
import { retry } from '../road/filters/retry.ts'
import { reply } from './travel.ts'

/** Answers after which a hedge knows what is usual. */
const warm = 20

/** Sooner than any failure here, however busy the machine was with one of the answers before. */
const early = { percentile: 0.5, minimum: 1 }

/** Milliseconds that a failure takes: longer than a hedge waits here. */
const slow = 5

/**
 * How often a service can be asked because of one call, when it is slow and then fails each time: by the very filters that
 * would ask. But for the one silent repetition after a kept connection died unread.
 */
export async function mostAttempts(policy: FullPolicy, call: Call): Promise<number> {
  const budget = new RetryBudget(policy.retryBudget)
  const hedged = policy.hedge !== false
  const filters = [retry(policy, budget, () => 0)]
  if (policy.hedge) filters.push(hedge(early, budget))
  let asked = 0
  let failing = false
  const service: Service = async ({ upstream }) => {
    if (!failing) return reply()
    asked++
    if (hedged) await pause(slow)
    throw new Fault('refused', upstream)
  }
  const road = pipe(filters, service)
  const begun = { ...call, until: performance.now() + 10_000 }
  if (hedged) for (let i = 0; i < warm; i++) (await road(begun)).body.destroy()
  failing = true
  await road(begun).catch(() => undefined)
  return asked
}
