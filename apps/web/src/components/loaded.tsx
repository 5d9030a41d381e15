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
  /** Grey placeholder of the screen. */
  readonly skeleton: ReactNode
  readonly children: (data: T) => ReactNode
}

/**
 * Shows the data, the failure or a skeleton. Data stays on screen during a refetch, with a note if that failed; but it is hidden
 * once the user is signed out.
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
