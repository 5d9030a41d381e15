import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import type { Guard, User } from '../src/exchange.ts'
import { gateway, optional, type Route } from '../src/index.ts'

const items = { 'GET /items/:id': { out: z.object({ id: z.string() }) }, 'GET /items': {} } as const satisfies Contract

const front = {
  'GET /plain/:id': { out: z.object({ id: z.string() }) },
  'GET /partial': { out: z.object({ id: z.string() }), optional: ['item'] },
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

// @ts-expect-error no such upstream
forward('/x', 'prices', { guard: open })

// @ts-expect-error an upstream without a policy
gateway(front, { items }, {})

// @ts-expect-error no such policy
gateway(front, { items }, { items: { tiemout: 3 } })
