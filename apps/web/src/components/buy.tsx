import { useId } from 'react'
import { useAddToCart } from '../cart.ts'
import { Button } from './button.tsx'
import { Failure } from './failure.tsx'
import { Quantity } from './quantity.tsx'

interface Props {
  readonly id: string
  readonly name: string
}

export function Buy(product: Props) {
  const add = useAddToCart(product)
  const select = useId()
  const leaving = add.error?.status === 401
  return (
    <>
      <form className="buy" action={(form) => add.mutate(Number(form.get('quantity')))}>
        <label htmlFor={select}>Quantity</label>
        <Quantity id={select} name="quantity" />
        <Button type="submit" busy={add.isPending}>
          Add to cart
        </Button>
      </form>
      {add.data !== undefined && <p className="note">{add.data} in your cart.</p>}
      {add.error !== null && !leaving && (
        <Failure problem={add.error} retry={() => add.mutate(add.variables)} busy={add.isPending} />
      )}
    </>
  )
}
