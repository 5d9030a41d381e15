import type { Web } from '@bff/contracts/web'
import type { Output } from '@bff/gateway-core/contract'
import { useCart, useRemove, useSetQuantity } from '../cart.ts'
import { Button } from '../components/button.tsx'
import { Empty } from '../components/empty.tsx'
import { Failure } from '../components/failure.tsx'
import { focusHeading, Heading } from '../components/heading.tsx'
import { Loaded } from '../components/loaded.tsx'
import { LinesSkeleton, OrderLine } from '../components/order-line.tsx'
import { Quantity } from '../components/quantity.tsx'
import { Stock } from '../components/stock.tsx'
import { Total } from '../components/total.tsx'
import { useCreateOrder } from '../orders.ts'

type Cart = Output<Web, 'GET /api/cart'>

export function CartScreen() {
  const cart = useCart()
  const create = useCreateOrder()
  return (
    <>
      <Heading title="Cart" />
      {create.error !== null && (
        <Failure problem={create.error} retry={() => create.mutate(create.variables)} busy={create.isPending} />
      )}
      <Loaded query={cart} skeleton={<LinesSkeleton />}>
        {({ lines, total, rev, meta }) =>
          lines.length === 0 ? (
            <Empty title="Nothing here yet" text="Your cart is empty." browse="Browse the shop" />
          ) : (
            <div className="split">
              <ul className="lines" aria-label="In your cart">
                {lines.map((line) => (
                  <CartLine key={line.product.id} line={line} />
                ))}
              </ul>
              <Total text={total.text}>
                {meta.parts.stock === 'fallback' && <p className="note">Availability cannot be shown right now.</p>}
                <Button busy={create.isPending} onClick={() => create.mutate(rev)}>
                  Check out
                </Button>
              </Total>
            </div>
          )
        }
      </Loaded>
    </>
  )
}

function CartLine({ line }: { readonly line: Cart['lines'][number] }) {
  const { product, quantity, unitPrice, stock } = line
  const set = useSetQuantity(line)
  const remove = useRemove(line)
  const busy = set.isPending || remove.isPending
  const problem = set.error ?? remove.error
  return (
    <OrderLine line={line}>
      <p className="note">{unitPrice.text} each</p>
      {stock.availability !== 'unknown' && <Stock {...stock} />}
      <div className="actions">
        <Quantity
          aria-label={`Quantity of ${product.name}`}
          aria-busy={busy}
          value={set.isPending ? set.variables : quantity}
          onChange={({ target }) => set.mutate(Number(target.value))}
        />
        <Button
          look="quiet"
          busy={busy}
          aria-label={`Remove ${product.name}`}
          onClick={() => remove.mutate(undefined, { onSuccess: () => focusHeading() })}
        >
          Remove
        </Button>
      </div>
      {problem !== null && (
        <p className="note" role="alert">
          {problem.detail ?? problem.title}
        </p>
      )}
    </OrderLine>
  )
}
