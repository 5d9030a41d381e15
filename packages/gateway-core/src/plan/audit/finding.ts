import type { Made } from '../../exchange.ts'
import type { Estate } from '../estate.ts'
import type { Plan } from '../plan.ts'

/** A rule's input: one app. */
export interface Facts {
  /** `web-bff` */
  readonly app: string
  readonly estate: Estate
  /** Every route's plan. */
  readonly plans: readonly Plan[]
  /** Every screen by key, for comparing code between apps. */
  readonly screens: Readonly<Record<string, Extract<Made, { readonly door: 'screen' }>>>
  /** Epoch milliseconds. */
  readonly now: number
}

export interface Found {
  /** A route's method and path, as in the table of routes, or an operation's key. */
  readonly route: string
  /** What was found. */
  readonly sentence: string
}

export interface Rule {
  /** Stable: `audit.json` files refer to it. Never reused. */
  readonly id: string
  /** `danger`: someone could get what is not theirs, or a service be overloaded. `duty`: something was left undone. */
  readonly severity: 'danger' | 'duty'
  readonly mend: string
  readonly find: (facts: Facts, others: readonly Facts[]) => readonly Found[]
}

export interface Finding extends Found, Pick<Rule, 'id' | 'severity' | 'mend'> {
  readonly app: string
  /** `screens/home.ts:12` */
  readonly place?: string | undefined
}

/** An intended finding, and why. */
export interface Accepted {
  readonly id: string
  readonly route: string
  readonly reason: string
}

/** A route's name in findings. */
export const nameOf = ({ methods, path }: Pick<Plan, 'methods' | 'path'>): string => `${methods.join('|')} ${path}`

/** A finding per faulty plan; `wrong` returns the sentence. */
export const findingsIn = <P extends Plan>(plans: readonly P[], wrong: (plan: P) => string | false): Found[] =>
  plans.flatMap((plan) => {
    const sentence = wrong(plan)
    return sentence === false ? [] : [{ route: nameOf(plan), sentence }]
  })
