import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'

export const Address = z.object({
  id: z.string(),
  label: z.string(),
  street: z.string(),
  city: z.string(),
  postalCode: z.string(),
  country: z.string(),
  isDefault: z.boolean(),
})

export const Customer = z.object({
  id: z.string(),
  givenName: z.string(),
  familyName: z.string(),
  email: z.string(),
  phone: z.string(),
  memberSince: z.iso.date(),
  addresses: z.array(Address),
})
export type Customer = z.infer<typeof Customer>

export const customers = {
  /** Another customer's profile is not found. */
  'GET /customers/:id': { out: Customer, errors: { 'customer-not-found': 404 } },
} as const satisfies Contract
