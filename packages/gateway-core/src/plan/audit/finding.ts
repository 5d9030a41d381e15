import type { Made } from '../../exchange.ts'
import type { Estate } from '../estate.ts'
import type { Plan } from '../plan.ts'

/** What a rule looks at: one app. */
export interface Facts {
  /** `web-bff` */
  readonly app: string
  readonly estate: Estate
  /** Of every route. */
  readonly plans: readonly Plan[]
  /** Of every screen, by its key: for who compares what is written in two apps. */
  readonly screens: Readonly<Record<string, Extract<Made, { readonly door: 'screen' }>>>
  /** Epoch milliseconds. */
  readonly now: number
}

export interface Found {
  /** Method and path of a route, as the routes' table has them, or the key of an operation. */
  readonly route: string
  /** What is so. */
  readonly sentence: string
}

export interface Rule {
  /** Stays what it is: `A-03` is written down in `audit.json` files. Numbers are never used again. */
  readonly id: string
  /** `danger`: somebody could get what is not theirs, or a service more than it can bear. `duty`: it is left undone. */
  readonly severity: 'danger' | 'duty'
  readonly mend: string
  readonly find: (facts: Facts, others: readonly Facts[]) => readonly Found[]
}

export interface Finding extends Found, Pick<Rule, 'id' | 'severity' | 'mend'> {
  readonly app: string
  /** `screens/home.ts:12` */
  readonly place?: string | undefined
}

/** A finding that is meant to be, and why. */
export interface Accepted {
  readonly id: string
  readonly route: string
  readonly reason: string
}

/** What findings call a route. */
export const nameOf = ({ methods, path }: Pick<Plan, 'methods' | 'path'>): string => `${methods.join('|')} ${path}`

/** A finding for each plan that is wrong: `wrong` gives the sentence. */
export const amiss = <P extends Plan>(plans: readonly P[], wrong: (plan: P) => string | false): Found[] =>
  plans.flatMap((plan) => {
    const sentence = wrong(plan)
    return sentence === false ? [] : [{ route: nameOf(plan), sentence }]
  })
