import type { Exchange } from '../exchange.ts'
import type { Scope } from '../scope.ts'
import type { Headers } from './call.ts'

/** For whom upstreams are asked: one screen, while it makes one answer. */
export interface Asking {
  readonly exchange: Exchange
  /** Ends every call made for it. */
  readonly scope: Scope
  /** `performance.now()` by which every call must be over. */
  readonly until: number
  /** Calls that were answered, in the order in which they were. */
  readonly heard: Heard[]
  /** Operations that are gathered into one call, by upstream and key. */
  readonly gathering: Map<string, unknown>
}

/** What the head of one answer said. */
export interface Heard {
  readonly upstream: string
  readonly key: string
  readonly url: string
  readonly status: number
  /** Absent: the protocol has none that a client would know. */
  readonly headers: Headers | undefined
  /** The user's token went along. */
  readonly personal: boolean
}
