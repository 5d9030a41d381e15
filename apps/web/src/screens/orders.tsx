import { Link } from 'react-router'
import { Button } from '../components/button.tsx'
import { Failure } from '../components/failure.tsx'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { LinesSkeleton } from '../components/order-line.tsx'
import { Status } from '../components/status.tsx'
import { count, formatDate } from '../format.ts'
import { useOrders } from '../orders.ts'

export function OrdersScreen() {
  const orders = useOrders()
  return (
    <>
      <Heading title="My orders" />
      <Loaded query={orders} skeleton={<LinesSkeleton />}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return items.length === 0 ? <Empty /> : <List items={items} />
        }}
      </Loaded>
      {orders.isFetchNextPageError && (
        <Failure problem={orders.error} retry={() => void orders.fetchNextPage()} busy={orders.isFetching} />
      )}
      {orders.hasNextPage && !orders.isFetchNextPageError && (
        <p className="more">
          <Button look="quiet" busy={orders.isFetchingNextPage} onClick={() => void orders.fetchNextPage()}>
            Show more
          </Button>
        </p>
      )}
    </>
  )
}

type Item = NonNullable<ReturnType<typeof useOrders>['data']>['pages'][number]['items'][number]

function List({ items }: { readonly items: readonly Item[] }) {
  return (
    <ul className="orders">
      {items.map(({ id, status, createdAt, total, itemCount, items: names }) => (
        <li key={id}>
          <h2>
            <Link to={`/orders/${id}`}>Order {id}</Link>
          </h2>
          <Status status={status} />
          <p className="price">{total.text}</p>
          <p className="note">
            <time dateTime={createdAt}>{formatDate(createdAt)}</time>, {count(itemCount, 'item')}: {names.join(', ')}
          </p>
        </li>
      ))}
    </ul>
  )
}

function Empty() {
  return (
    <section className="panel">
      <h2>No orders yet</h2>
      <p>What you order will be listed here, the newest first.</p>
      <p className="actions">
        <Link className="button" to="/products">
          Browse the shop
        </Link>
      </p>
    </section>
  )
}
