import { complete, type FullPolicy, type Policies, type Policy } from './policy.ts'
import { mayTravel } from './travel.ts'

type Range = readonly [least: number, most: number, shape: string]

const ms: Range = [1, 86_400_000, 'must be 1 to 86400000 ms']
const msOrZero: Range = [0, 86_400_000, 'must be 0 to 86400000 ms']
const bytes: Range = [1, Number.MAX_SAFE_INTEGER, 'must be at least 1 byte']
const share: Range = [0, 1, 'must be from 0 to 1']
const positiveShare: Range = [0.000_1, 1, 'must be more than 0 and at most 1']
const count: Range = [1, 1_000_000, 'must be at least 1']

const numbers: Readonly<Record<string, Range>> = {
  timeout: ms,
  connectTimeout: ms,
  firstByteTimeout: msOrZero,
  idleTimeout: ms,
  streamTimeout: ms,
  attempts: [1, 5, 'must be 1 to 5'],
  retryBudget: share,
  slowStart: msOrZero,
  shadow: share,
  maxBytes: bytes,
  maxRequestBytes: bytes,
}

const whole = new Set(['attempts', 'failures', 'calls', 'queue', 'minimum', 'healthy', 'unhealthy'])

const nested: Readonly<Record<string, Readonly<Record<string, Range | undefined>>>> = {
  breaker: {
    failureRate: positiveShare,
    slowRate: positiveShare,
    slowAfter: ms,
    window: ms,
    minimum: count,
    cooldown: ms,
  },
  outlier: { failures: count, ejection: ms, panic: share },
  bulkhead: { calls: count, queue: [0, 1_000_000, 'must be at least 0'] },
  hedge: { percentile: [0.5, 0.999, 'must be 0.5 to 0.999'], minimum: ms },
  cache: {
    maxBytes: bytes,
    maxEntryBytes: bytes,
    maxAge: msOrZero,
    staleWhileRevalidate: msOrZero,
    staleIfError: msOrZero,
  },
  probe: { path: undefined, interval: ms, timeout: ms, healthy: count, unhealthy: count },
}

const others = [
  'retryMethods',
  'coalesce',
  'balance',
  'stickyKey',
  'split',
  'token',
  'audience',
  'headers',
  'idempotency',
  'validate',
]

const known = [...Object.keys(numbers), ...Object.keys(nested), ...others]

/** Settings without meaning for the other protocol. */
const meaningless: Readonly<Record<'http' | 'grpc', readonly string[]>> = {
  http: ['idempotency'],
  // A generated message always conforms to its `.proto`, and forwards do not proxy gRPC.
  grpc: ['validate', 'maxRequestBytes'],
}

/** Every fault of the policies, one sentence each, with its fix. */
export function faultsOf(
  policies: Policies,
  sources: Readonly<Record<string, 'http' | 'grpc'>>,
  budget: number,
): string[] {
  const strange = Object.keys(policies)
    .filter((name) => sources[name] === undefined)
    .map((name) => `${name}: unknown upstream; known are ${Object.keys(sources).join(', ')}`)
  return [
    ...strange,
    ...Object.entries(sources).flatMap(([name, protocol]) => {
      const policy = policies[name]
      if (policy === undefined) return [`${name}: has no policy; write \`${name}: {}\` for the defaults`]
      return faultsOfPolicy(policy, complete(policy), protocol, budget).map((fault) => `${name}: ${fault}`)
    }),
  ]
}

function faultsOfPolicy(given: Policy, full: FullPolicy, protocol: 'http' | 'grpc', budget: number): string[] {
  return [
    ...unknown(given),
    ...ranges(given),
    ...contradictions(given, full, budget),
    ...choices(full),
    ...headerFaults(full),
    ...meaninglessFaults(given, protocol),
  ]
}

function unknown(given: Policy): string[] {
  const top = Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => `unknown policy "${key}"; known are ${known.join(', ')}`)
  const inner = Object.entries(nested).flatMap(([part, keys]) =>
    Object.keys(partOf(given, part))
      .filter((key) => !(key in keys))
      .map((key) => `unknown policy "${part}.${key}"; known are ${Object.keys(keys).join(', ')}`),
  )
  return [...top, ...inner]
}

function ranges(given: Policy): string[] {
  const top = Object.entries(numbers).flatMap(([key, range]) => outside(key, given[key as keyof Policy], range))
  const inner = Object.entries(nested).flatMap(([part, keys]) =>
    Object.entries(keys).flatMap(([key, range]) =>
      range === undefined ? [] : outside(`${part}.${key}`, partOf(given, part)[key], range),
    ),
  )
  return [...top, ...inner]
}

function outside(key: string, value: unknown, [least, most, shape]: Range): string[] {
  if (value === undefined) return []
  const integer = whole.has(key.split('.').at(-1)!)
  const fits = typeof value === 'number' && value >= least && value <= most && (!integer || Number.isInteger(value))
  return fits ? [] : [`${key} ${shape}${integer ? ', whole' : ''}`]
}

function contradictions(given: Policy, full: FullPolicy, budget: number): string[] {
  const { timeout, connectTimeout, firstByteTimeout, breaker, cache, probe, split } = full
  const shares = Object.values(split)
  const checks: readonly Check[] = [
    [timeout > budget, `timeout ${timeout} ms exceeds the ${budget} ms of the whole exchange`],
    [
      connectTimeout > timeout,
      `connectTimeout ${connectTimeout} ms is longer than the timeout of the call, ${timeout} ms`,
    ],
    [
      firstByteTimeout > timeout,
      `firstByteTimeout ${firstByteTimeout} ms is longer than the timeout of the call, ${timeout} ms`,
    ],
    [
      breaker !== false && breaker.slowAfter > timeout,
      `breaker.slowAfter is longer than the timeout, ${timeout} ms: no call would ever be slow`,
    ],
    [cache !== false && cache.maxEntryBytes > cache.maxBytes, 'cache.maxEntryBytes is more than cache.maxBytes'],
    [probe !== false && probe.timeout > probe.interval, 'probe.timeout is longer than probe.interval'],
    [probe !== false && !probe.path.startsWith('/'), 'probe.path must start with /'],
    [shares.some((one) => !(one > 0 && one <= 1)), 'each share of split must be more than 0 and at most 1'],
    [shares.reduce((sum, one) => sum + one, 0) > 1, 'the shares of split are more than 1 together'],
    [
      given.retryMethods?.some((method) => !['GET', 'HEAD', 'PUT', 'DELETE'].includes(method)) === true,
      'retryMethods may hold GET, HEAD, PUT and DELETE only: the others are not idempotent (RFC 9110 §9.2.2)',
    ],
    [
      given.retryMethods !== undefined && (given.attempts ?? 1) === 1,
      'retryMethods without attempts does nothing: set attempts to 2 or more',
    ],
    [
      full.balance !== 'hash' && given.stickyKey !== undefined && shares.length === 0,
      'stickyKey does nothing without balance: "hash" or split',
    ],
  ]
  return sentences(checks)
}

function choices({ balance, token, audience, validate }: FullPolicy): string[] {
  return sentences([
    [!['least-busy', 'round-robin', 'hash'].includes(balance), 'balance must be least-busy, round-robin or hash'],
    [!['none', 'user', 'client', 'external'].includes(token), 'token must be none, user, client or external'],
    [audience !== undefined && !/^\S+$/.test(audience), 'audience must be a name without spaces'],
    [
      audience !== undefined && token !== 'user' && token !== 'client',
      'audience does nothing without token: "user" or "client"',
    ],
    [!['enforce', 'warn', 'off'].includes(validate), 'validate must be enforce, warn or off'],
  ])
}

type Check = readonly [wrong: boolean, sentence: string]

const sentences = (checks: readonly Check[]): string[] =>
  checks.filter(([wrong]) => wrong).map(([, sentence]) => sentence)

function meaninglessFaults(given: Policy, protocol: 'http' | 'grpc'): string[] {
  const faults = meaningless[protocol]
    .filter((key) => given[key as keyof Policy] !== undefined)
    .map((key) => `${key} does nothing on ${names[protocol]} upstream: leave it out`)
  if (protocol === 'grpc' && partOf(given, 'probe')['path'] !== undefined)
    faults.push('probe.path does nothing on a gRPC upstream, which is asked by grpc.health.v1: leave it out')
  return faults
}

const names = { http: 'an HTTP', grpc: 'a gRPC' } as const

/** Excludes hop-by-hop headers, credentials, and headers the gateway sets itself. */
function headerFaults({ headers }: FullPolicy): string[] {
  return headers
    .filter((name) => !mayTravel(name))
    .map((name) => `headers may not hold ${JSON.stringify(name)}: it is not a lower-case name, or must never travel`)
}

const partOf = (given: Policy, part: string): Readonly<Record<string, unknown>> => {
  const value = given[part as keyof Policy]
  return typeof value === 'object' ? (value as Readonly<Record<string, unknown>>) : {}
}
