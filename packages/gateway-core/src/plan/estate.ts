import type { Contract } from '../contract.ts'
import type { Policies } from '../policy.ts'
import type { Sources } from '../sources.ts'

/** A gateway's upstreams and how it treats them: `estate` of `gateway(...)`. */
export interface Estate {
  readonly contract: Contract
  readonly sources: Sources
  readonly policies: Policies
  /** Time limit of one exchange in milliseconds. */
  readonly budget: number
}
