import { z } from 'zod'

/** Minor units: 1290 is 12.90. Never a float. */
export const Money = z.object({ amount: z.int(), currency: z.literal('EUR') })
export type Money = z.infer<typeof Money>

/** A query parameter that may repeat: `?ids=a&ids=b`. */
export const many = (max: number) =>
  z.union([
    z.array(z.string().min(1)).max(max),
    z
      .string()
      .min(1)
      .transform((one) => [one]),
  ])

/** Page size. */
export const limit = (fallback: number, max: number) =>
  z.coerce.number<number>().int().min(1).max(max).default(fallback)

/** Opaque; only a value that an earlier page returned as `next` is valid. */
export const cursor = z.string().min(1).max(200).optional()

export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().optional() })

export const IdempotencyKey = z.object({ 'idempotency-key': z.string().regex(/^[\w-]{8,64}$/) })

export const Quantity = z.object({ quantity: z.int().min(1).max(20) })

export const OrderStatus = z.enum(['created', 'confirmed', 'packed', 'shipped', 'delivered'])
export type OrderStatus = z.infer<typeof OrderStatus>

export const Availability = z.enum(['in', 'low', 'out', 'unknown'])
export type Availability = z.infer<typeof Availability>
