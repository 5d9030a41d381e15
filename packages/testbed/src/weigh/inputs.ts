import { most, type Seeded } from './seed.ts'

/** Input for `fill`. */
export type Input = Readonly<Record<string, unknown>>

/** Inputs by their label in the report. All are repeatable: none changes anything. */
type Inputs = Readonly<Record<string, Input>>

const lines = (count: number): string => `${count} lines`

/** Inputs of each screen, by name: screens of the same name in both BFFs get the same. */
const inputs: Readonly<Record<string, (seeded: Seeded) => Inputs>> = {
  'GET /bootstrap': () => ({ '': {} }),
  'GET /home': () => ({ '': {} }),
  'GET /products/:id': ({ product }) => ({ '': { id: product } }),
  'GET /cart': () => ({ [lines(most)]: {} }),
  'PUT /cart/items/:productId': ({ inCart }) => ({ [lines(most)]: { productId: inCart, body: { quantity: 2 } } }),
  'DELETE /cart/items/:productId': ({ notInCart }) => ({ [lines(most)]: { productId: notInCart } }),
  // The key of an existing order, so the order is returned and the cart left alone.
  'POST /orders': ({ largeKey }) => ({ [lines(most)]: { headers: { 'idempotency-key': largeKey } } }),
  'GET /orders': () => ({ 'a page': {} }),
  'GET /orders/:id': ({ confirmed, large }) => ({ [lines(3)]: { id: confirmed }, [lines(most)]: { id: large } }),
  'GET /checkout/:orderId': ({ small, large }) => ({
    [lines(3)]: { orderId: small },
    [lines(most)]: { orderId: large },
  }),
  'POST /checkout/:orderId/confirm': ({ confirmed }) => ({ [lines(3)]: { orderId: confirmed } }),
}

/** A screen's key without its BFF's path prefix: `GET /home` for `GET /api/home` and `GET /m/v1/home`. */
export const nameOf = (key: string): string => key.replace(/ \/(?:api|m\/v\d+)\//, ' /')

/** Throws if no inputs are listed for the screen. */
export function inputsOf(bff: string, key: string, seeded: Seeded): Inputs {
  const known = inputs[nameOf(key)]
  if (known !== undefined) return known(seeded)
  throw new Error(
    `${bff}-bff serves ${key}, but no inputs are listed for it: ` +
      `add them under '${nameOf(key)}' in packages/testbed/src/weigh/inputs.ts.`,
  )
}
