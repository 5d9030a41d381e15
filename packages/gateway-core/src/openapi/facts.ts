import type { Method, Operation } from '../contract.ts'
import { problem } from '../problem.ts'
import { problemTypes, type Where } from '../problem-types.ts'
import type { Explained } from './document.ts'

/** How a BFF's clients authenticate: by session cookie, or by bearer token. */
export type Security = 'session' | 'bearer'

/** An operation and its facts outside the contract. */
export interface Facts {
  readonly method: Method
  /** In the contract's notation: `/orders/:id`. */
  readonly path: string
  readonly operation: Operation
  readonly tag: string
  readonly security: Security
  /** The app answers it itself: no services, no parts, no ETag. */
  readonly own: boolean
  /** Client versions below a minimum are refused. */
  readonly floor: boolean
}

export const isSafe = ({ method }: Pick<Facts, 'method'>): boolean => method === 'GET' || method === 'HEAD'

/** An operation is public only if its contract says so. */
export const needsUser = ({ operation }: Pick<Facts, 'operation'>): boolean => operation.auth !== 'open'

/** Whether the response has an ETag, for conditional requests. */
export const isTagged = (facts: Facts): boolean =>
  isSafe(facts) &&
  !facts.own &&
  facts.operation.streams === undefined &&
  facts.operation.polls !== true &&
  facts.operation.out !== undefined &&
  (facts.operation.status ?? 200) === 200

function circumstances(facts: Facts): ReadonlySet<Where> {
  const { operation, security, own, floor } = facts
  const { params, query, headers, body, deprecated, streams, polls } = operation
  const holds: readonly (readonly [Where, boolean])[] = [
    ['operation', true],
    ['screen', !own],
    ['body', body !== undefined],
    ['no-body', body === undefined],
    ['tagged', isTagged(facts)],
    ['input', streams === 'numbered' || [params, query, headers, body].some((schema) => schema !== undefined)],
    ['user', needsUser(facts)],
    [security, needsUser(facts)],
    ['csrf', security === 'session' && (own || !isSafe(facts))],
    ['sunset', deprecated?.sunset !== undefined],
    ['stream', streams !== undefined || polls === true],
    ['version', floor],
  ]
  return new Set(holds.filter(([, so]) => so).map(([where]) => where))
}

/** Problem codes by status: declared ones first, then those common to such operations. */
export function problemsOf(facts: Facts): ReadonlyMap<number, readonly string[]> {
  const holds = circumstances(facts)
  const declared = Object.entries(facts.operation.errors ?? {})
  const common = Object.entries(problemTypes)
    .filter(([code, { where }]) => where.some((one) => holds.has(one)) && facts.operation.errors?.[code] === undefined)
    .flatMap(([code, { statuses }]) => statuses.map((status) => [code, status] as const))
  return byStatus([...declared, ...common])
}

/** Refusals before an operation is reached. */
export const refusals: readonly string[] = Object.keys(problemTypes).filter((code) =>
  problemTypes[code]!.where.includes('edge'),
)

function byStatus(codes: readonly (readonly [code: string, status: number])[]): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>()
  for (const [code, status] of codes.toSorted(([, one], [, other]) => one - other)) {
    const there = found.get(status)
    if (there === undefined) found.set(status, [code])
    else there.push(code)
  }
  return found
}

/** Explains a code with the toolkit's text or, for a contract's own, with its title. */
export function explain(code: string, statuses: readonly number[]): Explained {
  const { meaning, again, statuses: own } = problemTypes[code] ?? {}
  return {
    statuses: [...new Set([...(own ?? []), ...statuses])].toSorted((one, other) => one - other),
    meaning: meaning ?? `${problem(0, code).message}.`,
    ...(again !== undefined && { again }),
  }
}
