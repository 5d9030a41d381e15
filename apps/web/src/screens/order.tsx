import type { Web } from '@bff/contracts/web'
import type { Output } from '@bff/gateway-core/contract'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Link, useParams } from 'react-router'
import { announce } from '../announcement.ts'
import { read } from '../api.ts'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { LinesSkeleton, OrderLine } from '../components/order-line.tsx'
import { labels, Status } from '../components/status.tsx'
import { Timeline } from '../components/timeline.tsx'
import { Total } from '../components/total.tsx'
import { formatTime } from '../format.ts'

type Answer = Output<Web, 'GET /api/orders/:id'>
type Order = Answer['order']

const onItsWay = (order: Order | undefined): boolean =>
  order !== undefined && order.status !== 'created' && order.status !== 'delivered'

export function OrderScreen() {
  const { id = '' } = useParams()
  const query = useQuery({
    ...read('GET /api/orders/:id', { id }),
    staleTime: 0,
    refetchInterval: ({ state }) => onItsWay(state.data?.order) && 4_000,
  })
  useProgress(query.data?.order)
  return (
    <>
      <Heading title={`Order ${id}`} />
      <Loaded query={query} skeleton={<LinesSkeleton />}>
        {(answer) => <Details {...answer} />}
      </Loaded>
    </>
  )
}

function Details({ order, lines, timeline }: Answer) {
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
              <p className="note">This order waits for you to confirm it.</p>
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

/** Says so when an order that is being looked at moves on. */
function useProgress(order: Order | undefined): void {
  const seen = useRef<Order>(undefined)
  useEffect(() => {
    if (order === undefined) return
    const before = seen.current
    if (before?.id === order.id && before.rev < order.rev) announce(`Order ${order.id}: ${labels[order.status]}.`)
    seen.current = order
  }, [order])
}
