import { most, type Seeded } from './seed.ts'

/** As `fill` takes it. */
export type Input = Readonly<Record<string, unknown>>

/** By what is said of them in the report. None of them changes anything: whatever is asked may be asked again. */
type Inputs = Readonly<Record<string, Input>>

const lines = (count: number): string => `${count} lines`

/** What each screen is asked with, by its name: both BFFs' screens of one name are asked for the same. */
const inputs: Readonly<Record<string, (seeded: Seeded) => Inputs>> = {
  'GET /bootstrap': () => ({ '': {} }),
  'GET /home': () => ({ '': {} }),
  'GET /products/:id': ({ product }) => ({ '': { id: product } }),
  'GET /cart': () => ({ [lines(most)]: {} }),
  'PUT /cart/items/:productId': ({ inCart }) => ({ [lines(most)]: { productId: inCart, body: { quantity: 2 } } }),
  'DELETE /cart/items/:productId': ({ notInCart }) => ({ [lines(most)]: { productId: notInCart } }),
  // The key of an order that there is: it is answered again, and the cart left alone.
  'POST /orders': ({ largeKey }) => ({ [lines(most)]: { headers: { 'idempotency-key': largeKey } } }),
  'GET /orders': () => ({ 'a page': {} }),
  'GET /orders/:id': ({ confirmed, large }) => ({ [lines(3)]: { id: confirmed }, [lines(most)]: { id: large } }),
  'GET /checkout/:orderId': ({ small, large }) => ({
    [lines(3)]: { orderId: small },
    [lines(most)]: { orderId: large },
  }),
  'POST /checkout/:orderId/confirm': ({ confirmed }) => ({ [lines(3)]: { orderId: confirmed } }),
}

/** The key of a screen without what its BFF puts before every path: `GET /home`, of `GET /api/home` and of `GET /m/v1/home`. */
export const nameOf = (key: string): string => key.replace(/ \/(?:api|m\/v\d+)\//, ' /')

/** Throws when nobody has said what the screen is asked with. */
export function inputsOf(bff: string, key: string, seeded: Seeded): Inputs {
  const known = inputs[nameOf(key)]
  if (known !== undefined) return known(seeded)
  throw new Error(
    `${bff}-bff answers ${key}, and nobody knows what to ask it with: ` +
      `say so under '${nameOf(key)}' in packages/testbed/src/weigh/inputs.ts.`,
  )
}
