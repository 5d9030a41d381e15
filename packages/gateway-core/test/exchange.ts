import { pino } from 'pino'
import type { Exchange } from '../src/exchange.ts'
import type { ForwardCore } from '../src/forward/forward.ts'
import { Scope } from '../src/scope.ts'

/** What an app that does not stop gives to its forwards. */
export const standing = (roads: ForwardCore['roads']): ForwardCore => ({
  roads,
  away: { leaving: new Scope(), comeBack: () => 0 },
  clientKey: ({ address }) => address,
  streams: { opened: () => undefined, closed: () => undefined, refused: () => undefined },
})

export const silent = pino({ level: 'silent' })

/** One inbound request with only what a test says of it. */
export const exchangeOf = (given: Partial<Exchange>): Exchange => ({
  traceId: '0'.repeat(31) + '1',
  trace: { id: '0'.repeat(31) + '1', sampled: true, state: '' },
  chosenBy: [],
  calls: [],
  method: 'GET',
  path: '/',
  search: '',
  query: new URLSearchParams(),
  params: {},
  headers: {},
  address: '127.0.0.1',
  deadline: performance.now() + 5_000,
  scope: new Scope(),
  log: silent,
  authenticate: () => Promise.reject(new Error('this test signs nobody in')),
  ...given,
})
