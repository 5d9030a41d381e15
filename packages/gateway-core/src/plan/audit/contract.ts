import type { Operation } from '../../contract.ts'
import { parseKey } from '../../contract.ts'
import type { ScreenPlan } from '../plan.ts'
import { screensOf } from './access.ts'
import { findingsIn, type Facts, type Found, type Rule } from './finding.ts'

/** Findings for contract operations; `wrong` returns the sentence. */
const operations = ({ estate }: Facts, wrong: (operation: Operation, key: string) => string | false): Found[] =>
  Object.entries<Operation>(estate.contract).flatMap(([key, operation]) => {
    const sentence = wrong(operation, key)
    return sentence === false ? [] : [{ route: key, sentence }]
  })

/** Writes that remain if the screen fails. */
function lastingWrites({ calls, parts }: ScreenPlan): string[] {
  const undone = new Set(parts.flatMap((part) => (part.kind === 'compensated' ? part.calls : [])))
  return calls.flatMap(({ name, safe, times }) => (safe || undone.has(name) ? [] : Array<string>(times).fill(name)))
}

function hiddenStaleness({ calls, parts, operation }: ScreenPlan): string | false {
  const old = calls.filter(({ staleFor }) => staleFor > 0)
  for (const { name, upstream } of old) {
    const part = parts.find((one) => one.calls.includes(name) && operation.stale?.includes(one.name) !== true)
    if (part !== undefined) return `${upstream} may answer "${part.name}" with stale data, and clients are not told`
  }
  return false
}

/** Identical code shorter than this is not a copy. */
const copyOf = 140

const plainText = (code: object): string => String(code).replace(/\s+/g, '')

/** Each pair is reported once, by the app whose name sorts later. */
function copies(facts: Facts, others: readonly Facts[]): Found[] {
  return Object.entries(facts.screens).flatMap(([key, { parts, view }]) =>
    others.flatMap((other) =>
      Object.entries(other.screens).flatMap(([theirs, made]) => {
        const same = [
          plainText(parts) === plainText(made.parts) && plainText(parts).length >= copyOf && 'parts',
          plainText(view) === plainText(made.view) && plainText(view).length >= copyOf && 'view',
        ].filter(Boolean)
        if (same.length === 0 || other.app > facts.app) return []
        return [
          { route: key, sentence: `it copies the ${same.join(' and the ')} of ${other.app} ${theirs}, word for word` },
        ]
      }),
    ),
  )
}

/** Rules about keeping promises. */
export const contract: readonly Rule[] = [
  {
    id: 'A-06',
    severity: 'danger',
    mend: 'Write once, or mark all but one of the writes as `compensated`.',
    find: (facts) =>
      findingsIn(screensOf(facts), (plan) => {
        const writes = lastingWrites(plan)
        return writes.length > 1 && `it writes ${writes.length} times (${[...new Set(writes)].join(', ')})`
      }),
  },
  {
    id: 'A-07',
    severity: 'duty',
    mend: 'Mark the part as `stale` and name it in the contract, or cache nothing beyond its freshness.',
    find: (facts) => findingsIn(screensOf(facts), hiddenStaleness),
  },
  {
    id: 'A-09',
    severity: 'duty',
    mend: 'Write the screen and list it in `routes.ts`, or remove the operation from the contract.',
    find: (facts) =>
      operations(facts, (_, key) => {
        const { method, path } = parseKey(key)
        const answered = facts.plans.some((plan) => plan.path === path && plan.methods.includes(method))
        return !answered && 'no route answers it'
      }),
  },
  {
    id: 'A-12',
    severity: 'duty',
    mend: 'Set its sunset; after that date, remove it from the contract.',
    find: (facts) =>
      operations(facts, ({ deprecated }) => {
        if (deprecated === undefined) return false
        if (deprecated.sunset === undefined) return 'it is deprecated without a sunset'
        return !(Date.parse(deprecated.sunset) > facts.now) && `it ended on ${deprecated.sunset}`
      }),
  },
  {
    id: 'A-13',
    severity: 'duty',
    mend: 'Add a `summary`.',
    find: (facts) => operations(facts, ({ summary = '' }) => summary.trim() === '' && 'it has no summary'),
  },
  {
    id: 'A-14',
    severity: 'duty',
    mend: 'Share the code in one module, or let the screens differ.',
    find: copies,
  },
]
