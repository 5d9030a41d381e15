import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'

/** About a kilobyte, like a catalog product. */
export const item = { id: 'a', name: 'Lamp', text: 'It stays where you leave it. '.repeat(32) }

/** Its name three times, as the screens answer it. */
export const page = { first: item.name, second: item.name, third: item.name }

const Item = z.object({ id: z.string(), name: z.string(), text: z.string() })

export const items = { 'GET /items/:id': { out: Item } } as const satisfies Contract

export const streams = {} as const satisfies Contract

export const front = {
  'GET /api/page/:id': { out: z.object({ first: z.string(), second: z.string(), third: z.string() }) },
} as const satisfies Contract
