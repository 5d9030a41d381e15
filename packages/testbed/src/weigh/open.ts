import { gateway, serve } from '@bff/gateway-core'
import { signedInAs } from '@bff/gateway-core/testing'
import type { InternalTokens } from '@bff/gateway-core/token'
import { logger } from '@bff/service-kit'
import type { Bff, Change } from '../faults/world.ts'

export type Addresses = Readonly<Record<string, string>>

/** One attempt per call, with a timeout that even a busy machine does not reach. */
export const patient: Change = (policy) => {
  const { hedge: _, ...rest } = policy
  return { ...rest, timeout: 4_000, attempts: 1 }
}

export const asWritten: Change = (policy) => policy
export const withoutCache: Change = (policy) => {
  const { cache: _, ...rest } = policy
  return rest
}

/** Starts a BFF as defined, except for `change`. The user is Ada. */
export function open({ name, routes, estate }: Bff, upstreams: Addresses, tokens: InternalTokens, change: Change) {
  const { contract, sources, policies, budget } = estate
  const changed = Object.entries(policies).map(([upstream, policy]) => [upstream, change(policy)] as const)
  const { app } = gateway(contract, sources, Object.fromEntries(changed), { budget })
  const ada = signedInAs('cus_ada')
  const log = logger(name, 'silent')
  const bff = app(routes, { upstreams, tokens, log, authenticate: () => Promise.resolve(ada) })
  const { handler } = bff
  return serve({ name, port: 0, hostname: '127.0.0.1', portVariable: 'PORT', handler, log, release: bff })
}
