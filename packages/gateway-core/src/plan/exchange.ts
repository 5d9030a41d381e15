import { pino } from 'pino'
import type { Exchange, Identity } from '../exchange.ts'
import { Scope } from '../scope.ts'

const log = pino({ level: 'silent' })

/** A user with every right. `asked` is called with each scope checked. */
export function somebody(asked: (scope: string) => void = () => undefined): Identity {
  const scopes = new (class extends Set<string> {
    override has(scope: string): boolean {
      asked(scope)
      return true
    }
  })()
  return {
    user: { id: 'sample-user', scopes, claims: { sub: 'sample-user' } },
    by: 'bearer',
    client: 'sample-client',
    issuedAt: Date.now(),
    expiresAt: Date.now() + 300_000,
    authenticatedAt: Date.now(),
  }
}

/** A sample exchange. */
export const sampleExchange = (given: Partial<Exchange> = {}): Exchange => ({
  traceId: '0'.repeat(31) + '1',
  trace: { id: '0'.repeat(31) + '1', sampled: true, state: '' },
  calls: [],
  chosenBy: [],
  method: 'GET',
  path: '/',
  search: '',
  query: new URLSearchParams(),
  params: {},
  headers: {},
  address: '192.0.2.1',
  deadline: performance.now() + 60_000,
  scope: new Scope(),
  log,
  authenticate: () => Promise.resolve(somebody()),
  ...given,
})
