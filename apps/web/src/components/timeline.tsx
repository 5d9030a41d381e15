import type { OrderStatus } from '@bff/contracts'
import { formatTime } from '../format.ts'
import { labels } from './status.tsx'

interface Step {
  readonly status: OrderStatus
  readonly at: string
}

const way = Object.keys(labels) as OrderStatus[]

/** The past and future steps of an order. */
export function Timeline({ steps }: { readonly steps: readonly Step[] }) {
  const now = steps.at(-1)?.status
  return (
    <ol className="timeline">
      {way.map((status) => {
        const at = steps.findLast((step) => step.status === status)?.at
        return (
          <li
            key={status}
            className={at === undefined ? 'ahead' : 'done'}
            aria-current={status === now ? 'step' : undefined}
          >
            <span>{labels[status]}</span>
            {at === undefined ? (
              <span className="hidden">still to come</span>
            ) : (
              <time dateTime={at}>{formatTime(at)}</time>
            )}
          </li>
        )
      })}
    </ol>
  )
}
