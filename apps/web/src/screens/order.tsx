import type { Web } from '@bff/contracts/web'
import { fill, type Output } from '@bff/gateway-core/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link, useParams } from 'react-router'
import { announce } from '../announcement.ts'
import { read } from '../api.ts'
import { LiveNote } from '../components/live-note.tsx'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { LinesSkeleton, OrderLine } from '../components/order-line.tsx'
import { labels, Status } from '../components/status.tsx'
import { Timeline } from '../components/timeline.tsx'
import { Total } from '../components/total.tsx'
import { follow, type FollowState } from '../follow.ts'
import { formatTime } from '../format.ts'
import { sessionQuery } from '../session.ts'

type Answer = Output<Web, 'GET /api/orders/:id'>
type Order = Answer['order']
type Step = Output<Web, 'GET /api/orders/:id/events'>

/** Milliseconds between refetches while the event stream is down. */
const refetchEvery = 10_000

const mayChange = (order: Order | undefined): boolean => order !== undefined && order.status !== 'delivered'

export function OrderScreen() {
  const { id = '' } = useParams()
  const [live, setLive] = useState<FollowState>('opening')
  const query = useQuery({
    ...read('GET /api/orders/:id', { id }),
    staleTime: 0,
    refetchInterval: ({ state }) => live === 'off' && mayChange(state.data?.order) && refetchEvery,
  })
  useEvents(query.data?.order, setLive)
  useProgress(query.data?.order)
  return (
    <>
      <Heading title={`Order ${id}`} />
      <Loaded query={query} skeleton={<LinesSkeleton />}>
        {(answer) => <Details {...answer} live={live} />}
      </Loaded>
    </>
  )
}

function Details({ order, lines, timeline, live }: Answer & { readonly live: FollowState }) {
  return (
    <>
      <p className="actions placed">
        <Status status={order.status} />
        <span className="note">
          Placed on <time dateTime={order.createdAt}>{formatTime(order.createdAt)}</time>
        </span>
      </p>
      <section aria-labelledby="timeline">
        <h2 id="timeline" className="hidden">
          Timeline
        </h2>
        <Timeline steps={timeline} />
        <LiveNote off={live === 'off' && mayChange(order)} />
      </section>
      <div className="split">
        <ul className="lines" aria-label="Ordered">
          {lines.map((line) => (
            <OrderLine key={line.product.id} line={line}>
              <p className="note">
                {line.quantity} × {line.unitPrice.text}
              </p>
            </OrderLine>
          ))}
        </ul>
        <Total text={order.total.text}>
          {order.status === 'created' && (
            <>
              <p className="note">This order is waiting for your confirmation.</p>
              <Link className="button" to={`/checkout/${order.id}`}>
                Go to checkout
              </Link>
            </>
          )}
        </Total>
      </div>
    </>
  )
}

/** Merges an order's events into the cached answer until its status is final. */
function useEvents(order: Order | undefined, onState: (state: FollowState) => void): void {
  const client = useQueryClient()
  const id = order?.id
  const follows = mayChange(order)
  const rev = useRef(0)
  rev.current = order?.rev ?? 0
  useEffect(() => {
    if (id === undefined || !follows) return undefined
    const { queryKey } = read('GET /api/orders/:id', { id })
    return follow<Step>((after) => urlOf(id, after), rev.current, {
      item: (step) => client.setQueryData<Answer>(queryKey, (known) => known && withStep(known, step)),
      resync: () => void client.invalidateQueries({ queryKey }),
      signedOut: () => void client.invalidateQueries(sessionQuery),
      state: onState,
    })
  }, [client, id, follows, onState])
}

const urlOf = (id: string, after: number): string => fill('GET /api/orders/:id/events', { id, after }).url

/** Ignores a step that a refetch has already delivered. */
function withStep(known: Answer, step: Step): Answer {
  if (step.rev <= known.order.rev) return known
  return {
    ...known,
    order: { ...known.order, status: step.status, rev: step.rev },
    timeline: [...known.timeline, step],
  }
}

/** Announces when the order on screen moves on. */
function useProgress(order: Order | undefined): void {
  const seen = useRef<Order>(undefined)
  useEffect(() => {
    if (order === undefined) return
    const before = seen.current
    if (before?.id === order.id && before.rev < order.rev) announce(`Order ${order.id}: ${labels[order.status]}.`)
    seen.current = order
  }, [order])
}
