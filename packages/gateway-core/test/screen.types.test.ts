import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import type { Guard, User } from '../src/exchange.ts'
import { compensated, each, gateway, optional, type Route, stale, when } from '../src/index.ts'

const Item = z.object({ id: z.string() })

const items = {
  'GET /items/:id': { out: Item },
  'GET /items': {},
  'GET /found': { query: z.object({ q: z.string() }), out: z.array(Item), errors: { 'nothing-found': 404 } },
  'PUT /items/:id': { body: z.object({ size: z.int() }), out: Item },
  'POST /items': { out: Item },
} as const satisfies Contract

const front = {
  'GET /plain/:id': { out: z.object({ id: z.string() }) },
  'GET /partial': { out: z.object({ id: z.string() }), optional: ['item'] },
  'GET /old': { out: z.object({ id: z.string() }), stale: ['item'], errors: { 'nothing-found': 404 } },
} as const satisfies Contract

const { screen, forward } = gateway(front, { items }, { items: {} })
const open: Guard = () => ({})
declare const signedIn: Guard<{ user: User }>

const good = screen('GET /plain/:id', {
  guard: open,
  parts: ({ params, from }) => ({ item: from.items('GET /items/:id', { id: params.id }) }),
  view: ({ item }) => ({ id: item.id }),
})
const partial = screen('GET /partial', {
  guard: signedIn,
  parts: ({ user, from }) => ({ item: optional(from.items('GET /items/:id', { id: user.id }), { id: '' }) }),
  view: ({ item }) => ({ id: item.id }),
})
export const routes: Route<never>[] = [good, partial, forward('/x', 'items', { guard: open })]

// @ts-expect-error no such screen in the contract
screen('GET /other', { guard: open, parts: () => ({}), view: () => ({ id: '' }) })

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error no such upstream
  parts: ({ from }) => ({ item: from.prices('GET /items/:id', { id: '' }) }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error no such operation
  parts: ({ from }) => ({ item: from.items('GET /item/:id', { id: '' }) }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error the path parameter is missing
  parts: ({ from }) => ({ item: from.items('GET /items/:id') }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error no such path parameter
  parts: ({ params, from }) => ({ item: from.items('GET /items/:id', { id: params.itemId }) }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error this guard grants no user
  parts: ({ user, from }) => ({ item: from.items('GET /items/:id', { id: String(user) }) }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  parts: ({ from }) => ({ item: from.items('GET /items/:id', { id: '' }) }),
  // @ts-expect-error the view does not fit the contract
  view: ({ item }) => ({ id: item.id.length }),
})

screen('GET /partial', {
  guard: open,
  // @ts-expect-error a fallback of another type
  parts: ({ from }) => ({ item: optional(from.items('GET /items/:id', { id: '' }), { id: 0 }) }),
  view: () => ({ id: '' }),
})

const undeclared = screen('GET /plain/:id', {
  guard: open,
  parts: ({ from }) => ({ item: optional(from.items('GET /items/:id', { id: '' }), { id: '' }) }),
  view: ({ item }) => ({ id: item.id }),
})
// @ts-expect-error its contract does not say that the part is optional
routes.push(undeclared)

const missing = screen('GET /partial', {
  guard: open,
  parts: ({ from }) => ({ item: from.items('GET /items/:id', { id: '' }) }),
  view: ({ item }) => ({ id: item.id }),
})
// @ts-expect-error its contract says that the part is optional
routes.push(missing)

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error no such query parameter
  parts: ({ from }) => ({ item: from.items('GET /found', { q: '', page: '2' }) }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error a body of the wrong type
  parts: ({ from }) => ({ item: from.items('PUT /items/:id', { id: '', body: { size: 'large' } }) }),
  view: ({ item }) => item,
})

screen('GET /partial', {
  guard: open,
  parts: ({ from }) => ({ item: optional(from.items('GET /items/:id', { id: '' })) }),
  // @ts-expect-error an optional part without a fallback may be missing
  view: ({ item }) => ({ id: item.id }),
})

const fresh = screen('GET /old', {
  guard: open,
  parts: ({ from }) => ({ item: from.items('GET /items/:id', { id: '' }) }),
  view: ({ item }) => item,
})
// @ts-expect-error its contract says that the part may be stale
routes.push(fresh)

routes.push(
  screen('GET /old', {
    guard: open,
    parts: ({ from }) => ({ item: stale(from.items('GET /found', { q: '' }).then(([first]) => ({ id: first!.id }))) }),
    view: ({ item }) => item,
  }),
)

const failing = screen('GET /plain/:id', {
  guard: open,
  parts: ({ from }) => ({
    item: from.items('GET /items/:id', { id: '' }).then(({ id }) => each([id], (q) => from.items('GET /found', { q }))),
  }),
  view: ({ item }) => item.flat()[0]!,
})
// @ts-expect-error it may answer a problem that its contract does not declare
routes.push(failing)

routes.push(
  screen('GET /plain/:id', {
    guard: open,
    parts: ({ from }) => ({ found: from.items('GET /found', { q: '' }).except('nothing-found', []) }),
    view: ({ found: [first] }) => ({ id: first?.id ?? '' }),
  }),
  screen('GET /plain/:id', {
    guard: open,
    parts: ({ from }) => ({ found: from.items('GET /found', { q: '' }).unexpected('nothing-found') }),
    view: ({ found: [first] }) => ({ id: first!.id }),
  }),
)

screen('GET /plain/:id', {
  guard: open,
  // @ts-expect-error it has no such problem
  parts: ({ from }) => ({ found: from.items('GET /found', { q: '' }).except('item-not-found', []) }),
  view: () => ({ id: '' }),
})

screen('GET /plain/:id', {
  guard: open,
  parts: ({ params, from }) => ({
    item: when(params.id !== '', () => from.items('GET /items/:id', { id: params.id })),
  }),
  // @ts-expect-error where the condition does not hold there is none
  view: ({ item }) => item,
})

const twoWrites = screen('GET /plain/:id', {
  guard: open,
  parts: ({ from }) => {
    const first = from.items('POST /items')
    return { first, second: first.then(({ id }) => from.items('PUT /items/:id', { id, body: { size: 1 } })) }
  },
  view: ({ second }) => second,
})
// @ts-expect-error it writes twice
routes.push(twoWrites)

const manyWrites = screen('GET /plain/:id', {
  guard: open,
  parts: ({ from }) => ({ items: each(['a', 'b'], () => from.items('POST /items')) }),
  view: ({ items: [first] }) => first!,
})
// @ts-expect-error so does this one
routes.push(manyWrites)

routes.push(
  screen('GET /plain/:id', {
    guard: open,
    parts: ({ from }) => {
      const first = from.items('POST /items')
      const undo = ({ id }: { id: string }) => from.items('PUT /items/:id', { id, body: { size: 0 } })
      const second = first.then(({ id }) => from.items('PUT /items/:id', { id, body: { size: 1 } }))
      return { first: compensated(first, undo), second: second.then(({ id }) => ({ id })) }
    },
    view: ({ second }) => second,
  }),
)

// @ts-expect-error no such upstream
forward('/x', 'prices', { guard: open })

// @ts-expect-error an upstream without a policy
gateway(front, { items }, {})

// @ts-expect-error no such policy
gateway(front, { items }, { items: { tiemout: 3 } })
