import { Link } from 'react-router'
import { Empty } from '../components/empty.tsx'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { More } from '../components/more.tsx'
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
          return items.length === 0 ? (
            <Empty
              title="No orders yet"
              text="Your orders will be listed here, newest first."
              browse="Browse the shop"
            />
          ) : (
            <List items={items} />
          )
        }}
      </Loaded>
      <More query={orders} />
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
