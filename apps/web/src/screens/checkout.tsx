import type { Web } from '@bff/contracts/web'
import type { Output } from '@bff/gateway-core/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { read } from '../api.ts'
import { Button } from '../components/button.tsx'
import { Failure } from '../components/failure.tsx'
import { Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { LinesSkeleton, OrderLine } from '../components/order-line.tsx'
import { Stock } from '../components/stock.tsx'
import { Total } from '../components/total.tsx'
import { useConfirm } from '../orders.ts'

type Answer = Output<Web, 'GET /api/checkout/:orderId'>

export function CheckoutScreen() {
  const { orderId = '' } = useParams()
  const query = useQuery({ ...read('GET /api/checkout/:orderId', { orderId }), staleTime: 0 })
  return (
    <>
      <Heading title="Checkout" />
      <Loaded query={query} skeleton={<LinesSkeleton />}>
        {(answer) => (
          <div className="split">
            <div>
              <Lines {...answer} />
              <Customer {...answer.customer} />
            </div>
            <Confirm {...answer} />
          </div>
        )}
      </Loaded>
    </>
  )
}

function Lines({ order, lines }: Answer) {
  return (
    <section aria-labelledby="lines">
      <h2 id="lines">Order {order.id}</h2>
      <ul className="lines">
        {lines.map((line) => (
          <OrderLine key={line.product.id} line={line}>
            <p className="note">
              {line.quantity} × {line.unitPrice.text}
            </p>
            {line.stock.availability !== 'unknown' && <Stock {...line.stock} />}
          </OrderLine>
        ))}
      </ul>
    </section>
  )
}

function Customer({ name, email, addresses }: Answer['customer']) {
  return (
    <section aria-labelledby="customer">
      <h2 id="customer">Deliver to {name}</h2>
      <p className="note">{email}</p>
      {addresses.length === 0 && <p>Your account has no address yet.</p>}
      <ul className="addresses">
        {addresses.map(({ id, label, lines, isDefault }) => (
          <li key={id}>
            <h3>{label}</h3>
            {isDefault && <p className="note">Default address</p>}
            <address>
              {lines.map((line) => (
                <span key={line}>{line}</span>
              ))}
            </address>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Confirm({ order, meta, canConfirm }: Answer) {
  const confirm = useConfirm(order.id)
  return (
    <Total text={order.total.text}>
      {meta.parts.stock === 'fallback' && (
        <p className="note">Availability cannot be shown right now. It is checked when you confirm.</p>
      )}
      {canConfirm ? (
        <Button busy={confirm.isPending} onClick={() => confirm.mutate()}>
          Confirm order
        </Button>
      ) : (
        <p>
          This order is confirmed. <Link to={`/orders/${order.id}`}>Track it</Link>
        </p>
      )}
      {confirm.error !== null && (
        <Failure problem={confirm.error} retry={() => confirm.mutate()} busy={confirm.isPending} />
      )}
    </Total>
  )
}
