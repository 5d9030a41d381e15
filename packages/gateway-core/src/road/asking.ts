import type { Exchange } from '../exchange.ts'
import type { Scope } from '../scope.ts'
import type { Headers } from './call.ts'

/** What the calls of one screen response share. */
export interface Asking {
  readonly exchange: Exchange
  /** Ending it cancels every call. */
  readonly scope: Scope
  /** `performance.now()` by which every call must be over. */
  readonly until: number
  /** Answered calls, in order of arrival. */
  readonly heard: Heard[]
  /** Operations being gathered into one call, by upstream and key. */
  readonly gathering: Map<string, unknown>
}

/** The head of one upstream response. */
export interface Heard {
  readonly upstream: string
  readonly key: string
  readonly url: string
  readonly status: number
  /** Absent: the protocol has no headers for clients. */
  readonly headers: Headers | undefined
  /** The user's token was sent. */
  readonly personal: boolean
}
