import { expect, it } from '@jest/globals'
import { explain } from '../explain.ts'

it('explains a screen for the request that is asked about', async () => {
  const { text, code } = await explain(['web', 'GET', '/api/checkout/7?x=1', '--json'])
  const plan = JSON.parse(text) as {
    readonly path: string
    readonly parts: readonly { readonly name: string; readonly kind: string; readonly needs: readonly string[] }[]
    readonly calls: readonly { readonly name: string; readonly input: unknown; readonly token: string }[]
    readonly waves: readonly (readonly string[])[]
    readonly fault?: string
  }
  expect(code).toBe(0)
  expect(plan.fault).toBeUndefined()
  expect(plan.path).toBe('/api/checkout/:orderId')
  expect(plan.calls[0]).toMatchObject({ name: 'orders GET /orders/:id', input: { id: '7' }, token: 'user' })
  // The order may have any number of products, so they are fetched in one batch.
  expect(plan.calls.map(({ name }) => name).toSorted()).toEqual([
    'catalog GET /products',
    'customers GET /customers/:id',
    'inventory getStock',
    'orders GET /orders/:id',
  ])
  expect(plan.waves.map((names) => names.length)).toEqual([2, 2])
  expect(plan.parts).toContainEqual(expect.objectContaining({ name: 'stock', kind: 'optional', needs: ['order'] }))
})

it('prints it for people', async () => {
  const { text, code } = await explain(['web-bff', 'get', '/api/checkout/7'])
  expect(code).toBe(0)
  expect(text).toContain('GET /api/checkout/:orderId   screens/checkout.ts:')
  expect(text).toMatch(/orders GET \/orders\/:id +━+ +0 – \d+ ms/)
})

it('explains a forward', async () => {
  const { text } = await explain(['mobile', 'GET', '/m/v1/catalog/images/cup.png'])
  expect(text).toContain('catalog, passed on as it is')
  expect(text).toMatch(/stays .*authorization.*cookie/)
})

it('names what is near when nothing answers', async () => {
  const { text, code } = await explain(['web', 'GET', '/api/chekout/1'])
  expect(code).toBe(1)
  expect(text.split('\n').slice(0, 2)).toEqual([
    'web-bff has no route for GET /api/chekout/1. Similar ones:',
    '  GET /api/checkout/:orderId',
  ])
})

it.each([[[]], [['desktop', 'GET', '/']], [['web', 'GET']]])('says how it is used: %j', async (args) => {
  const { text, code } = await explain(args)
  expect(code).toBe(1)
  expect(text).toContain(
    'npm run explain -- web GET /api/checkout/1 [--json], where the first argument is web or mobile',
  )
})

it.each([
  [
    'web',
    'GET',
    '/api/orders/7/events',
    'tracking GET /orders/:id/events',
    'open       10000 at a time, 32 per client',
  ],
  ['mobile', 'GET', '/m/v1/orders/7/events', 'tracking GET /orders/:id/events', 'wait       at most 25000 ms'],
  ['mobile', 'GET', '/m/v1/live', 'Topic orders/:id', 'message    16384 B'],
])('explains what stays open: %s %s %s', async (app, method, path, source, bound) => {
  const { text, code } = await explain([app, method, path])
  expect(code).toBe(0)
  for (const said of [source, bound, 'token       ours, about the user', 'signed in (signedIn)', 'ends when'])
    expect(text).toContain(said)
})
