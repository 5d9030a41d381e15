import type { Contract } from '../contract.ts'
import type { Policies } from '../policy.ts'
import type { Sources } from '../sources.ts'

/** What a gateway stands before, and how it treats it: `estate` of `gateway(...)`. */
export interface Estate {
  readonly contract: Contract
  readonly sources: Sources
  readonly policies: Policies
  /** Milliseconds one exchange may take. */
  readonly budget: number
}
