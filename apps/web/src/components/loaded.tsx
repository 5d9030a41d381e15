import type { ClientProblem } from '@bff/gateway-core/client'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

interface Query<T> {
  readonly data: T | undefined
  readonly error: ClientProblem | null
  readonly isFetching: boolean
  readonly isRefetchError: boolean
  readonly refetch: () => Promise<unknown>
}

interface Props<T> {
  readonly query: Query<T>
  /** What the screen will look like, in grey. */
  readonly skeleton: ReactNode
  readonly children: (data: T) => ReactNode
}

/**
 * One of three: what was asked for, why it cannot be shown, or a wait. What is there stays while it is asked for again,
 * and says so when that failed; except what is private, once nobody is signed in.
 */
export function Loaded<T>({ query, skeleton, children }: Props<T>) {
  const { data, error, isFetching, isRefetchError, refetch } = query
  if (data !== undefined && error?.status !== 401) {
    return (
      <>
        {isRefetchError && <p className="note old">This may be out of date. {error?.title}.</p>}
        {children(data)}
      </>
    )
  }
  if (error !== null) return <Failure problem={error} retry={() => void refetch()} busy={isFetching} />
  return (
    <div className="loading" aria-busy="true">
      <p className="hidden" role="status">
        Loading…
      </p>
      <div aria-hidden="true">{skeleton}</div>
    </div>
  )
}
