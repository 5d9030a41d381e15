import type { FullPolicy } from '../../policy.ts'
import type { RetryBudget, Purse } from '../budget.ts'
import { type Call, type Filter, type Headers, isUpload, type Reply, type Service } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'

const passing = new Set([502, 503, 504])

/** Bounds of the pause before the second attempt, in milliseconds. It doubles with each further one. */
const firstPause = 25
const longestPause = 1_000

/**
 * Retries calls that are safe to repeat, on another address if possible, before any of a response is passed on.
 *
 * - Only the policy's methods, or calls with an `Idempotency-Key`, and never a streamed body.
 * - After no connection or a broken one, an attempt that hit its own limit but not the call's, and 502, 503 and 504.
 * - After a random pause below 25 ms, 50, 100 … ("full jitter"), and not before `Retry-After` (RFC 9110 §10.2.3). If
 *   the pause would outlast the call, the failure is returned at once, unchanged.
 * - Each paid from the budget. This filter reports every call to it, so it belongs outside hedges, with which it shares
 *   one.
 *
 * A kept-alive connection that died before the first byte is not the service's failure: the call is resent once,
 * without a pause, even if the policy allows only one attempt (RFC 9110 §9.2.2).
 */
export function retry(
  policy: Pick<FullPolicy, 'attempts' | 'retryMethods'>,
  budget: RetryBudget,
  random: () => number = Math.random,
  retried: () => void = () => undefined,
): Filter {
  const methods: ReadonlySet<string> = new Set(policy.retryMethods)
  const paid = budget.purse(retried)
  return async (given, next) => {
    budget.begin()
    try {
      if (!isRepeatable(given, methods)) return await next(given)
      const call = policy.attempts > 1 ? { ...given, tried: given.tried ?? new Set() } : given
      let outcome: Reply | Fault
      try {
        outcome = await next(call)
      } catch (error) {
        outcome = faultOnly(error)
      }
      if (isPassing(outcome, call)) outcome = await insist(outcome, call, next, policy.attempts, paid, random)
      if (outcome instanceof Fault) throw outcome
      return outcome
    } finally {
      budget.end()
    }
  }
}

/** Separate from the first attempt, usually the only one: suspended state costs every call. */
async function insist(
  first: Reply | Fault,
  call: Call,
  next: Service,
  attempts: number,
  budget: Purse,
  random: () => number,
): Promise<Reply | Fault> {
  let failures = 0
  let spared = false
  let outcome = first
  while (isPassing(outcome, call)) {
    const unread = !spared && outcome instanceof Fault && outcome.options.reused === true
    if (unread) spared = true
    else failures++
    if (failures >= attempts) break
    const pause = unread ? 0 : pauseAfter(outcome, failures, random)
    if (performance.now() + pause >= call.until || !(await turn(call, budget, random))) break
    try {
      if (!(outcome instanceof Fault)) outcome.body.destroy()
      if (pause > 0) await rest(pause, call)
      outcome = await next(unread ? { ...call, anew: true } : call).catch(faultOnly)
    } finally {
      budget.give()
    }
  }
  return outcome
}

/** Waits until the budget admits another retry; `false` if waiting cannot help or time is short. */
async function turn(call: Call, budget: Purse, random: () => number): Promise<boolean> {
  while (!budget.take()) {
    const pause = 1 + random() * firstPause
    if (budget.empty || performance.now() + pause >= call.until) return false
    await rest(pause, call)
  }
  return true
}

const isRepeatable = ({ method, headers, body }: Call, methods: ReadonlySet<string>): boolean =>
  (methods.has(method) || headers['idempotency-key'] !== undefined) && !isUpload({ body })

/** Anything else is a bug of ours, which no retry fixes. */
function faultOnly(error: unknown): Fault {
  if (error instanceof Fault) return error
  throw error
}

function isPassing(outcome: Reply | Fault, call: Call): boolean {
  if (call.scope.ended) return false
  if (!(outcome instanceof Fault)) return passing.has(outcome.status)
  return outcome.kind === 'refused' || outcome.kind === 'reset' || outcome.kind === 'timeout'
}

function pauseAfter(outcome: Reply | Fault, failures: number, random: () => number): number {
  const jitter = random() * Math.min(longestPause, firstPause * 2 ** (failures - 1))
  return outcome instanceof Fault ? jitter : jitter + askedFor(outcome.headers)
}

/**
 * `Retry-After` in milliseconds, from seconds or a date; 0 if absent or unreadable. gRPC sends milliseconds (gRFC A6).
 */
function askedFor(headers: Headers): number {
  const { 'retry-after': value, 'grpc-retry-pushback-ms': pushback } = headers
  if (typeof pushback === 'string' && /^\d{1,10}$/.test(pushback)) return Number(pushback)
  if (typeof value !== 'string') return 0
  const text = value.trim()
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000
  const date = text.length === httpDate ? Date.parse(text) : NaN
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now())
}

/** Length of `Sun, 06 Nov 1994 08:49:37 GMT`: excludes what else `Date.parse` accepts. */
const httpDate = 29

const rest = (pause: number, call: Call): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      release()
      resolve()
    }, pause)
    const release = call.scope.onEnd((reason) => {
      clearTimeout(timer)
      reject(faultOf(reason, call.upstream, call.scope))
    })
  })
