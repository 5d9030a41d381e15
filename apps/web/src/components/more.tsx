import type { ClientProblem } from '@bff/gateway-core/client'
import { Button } from './button.tsx'
import { Failure } from './failure.tsx'

interface Props {
  readonly query: {
    readonly error: ClientProblem | null
    readonly hasNextPage: boolean
    readonly isFetching: boolean
    readonly isFetchingNextPage: boolean
    readonly isFetchNextPageError: boolean
    readonly fetchNextPage: () => Promise<unknown>
  }
}

/** Below a list: a button for its next page, or why that page failed to load. */
export function More({ query }: Props) {
  const { error, hasNextPage, isFetching, isFetchingNextPage, isFetchNextPageError } = query
  const fetchNext = () => void query.fetchNextPage()
  if (isFetchNextPageError && error !== null) return <Failure problem={error} retry={fetchNext} busy={isFetching} />
  if (!hasNextPage) return null
  return (
    <p className="more">
      <Button look="quiet" busy={isFetchingNextPage} onClick={fetchNext}>
        Show more
      </Button>
    </p>
  )
}
