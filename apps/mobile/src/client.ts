import type { Mobile } from '@bff/contracts/mobile'
import { createClient } from '@bff/gateway-core/client'

export interface MobileOptions {
  readonly baseUrl: string
  /** Absent: only what needs nobody signed in. */
  readonly token?: () => Promise<string>
  readonly fetch?: typeof fetch
}

/** Everything mobile-bff answers, typed by its contract. */
export const mobileClient = ({ baseUrl, token, fetch }: MobileOptions) =>
  createClient<Mobile>({
    baseUrl,
    headers: async () => (token === undefined ? {} : { authorization: `Bearer ${await token()}` }),
    ...(fetch === undefined ? {} : { fetch }),
  })
