import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { limit } from './common.ts'

export const Review = z.object({
  id: z.string(),
  author: z.string(),
  rating: z.int().min(1).max(5),
  title: z.string(),
  text: z.string(),
  createdAt: z.iso.date(),
})

export const Reviews = z.object({ average: z.number().nullable(), count: z.int(), items: z.array(Review) })
export type Reviews = z.infer<typeof Reviews>

export const reviews = {
  'GET /reviews': { auth: 'open', query: z.object({ productId: z.string(), limit: limit(10, 50) }), out: Reviews },
} as const satisfies Contract
