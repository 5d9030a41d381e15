import type { Operation } from '../contract.ts'
import type { Budget, Caps, Exchange, Lasting, Made, Route } from '../exchange.ts'
import { type Admission, admissionOf } from './admission.ts'
import type { Estate } from './estate.ts'
import { critical } from './graph.ts'
import { type CallNode, graphOf, type PartNode } from './needs.ts'
import { sampleOf } from './sample.ts'
import { forwardTreatment, type Treatment, treatmentOf } from './treatment.ts'

interface Head {
  readonly methods: readonly string[]
  readonly path: string
  /** `screens/home.ts:12` */
  readonly place?: string | undefined
  /** Its predicate besides method and path. */
  readonly when?: string | undefined
  /** Units of a rate limit. Absent: set by the limit. */
  readonly cost?: number | undefined
  readonly admission: Omit<Admission, 'grant'>
  /** Time limit of the whole response in milliseconds. */
  readonly deadline: number
}

export interface PlannedCall extends CallNode, Treatment {}

export interface ScreenPlan extends Head {
  readonly door: 'screen'
  readonly key: string
  readonly operation: Operation
  readonly budget: Budget | undefined
  /** Upstream response headers passed on to clients. */
  readonly expose: Readonly<Record<string, readonly string[]>>
  readonly parts: readonly PartNode[]
  readonly calls: readonly PlannedCall[]
  /** Names of the calls that can run together, first to last. */
  readonly waves: readonly (readonly string[])[]
  /** The longest path by the policies' timeouts. */
  readonly critical: { readonly calls: readonly string[]; readonly timeouts: number }
  /** Most upstream requests per client request: a fixed number, plus `each` per list item. */
  readonly worst: { readonly fixed: number; readonly each: number }
  /** Why it cannot be planned; parts and calls are then empty. */
  readonly fault?: string
}

export interface ForwardPlan extends Head {
  readonly door: 'forward'
  readonly upstream: string
  /** For the sockets it proxies. Absent: it proxies none. */
  readonly upgrade: Lasting | undefined
  readonly rewritten: boolean
  /** For its event streams. */
  readonly caps: Caps
  /** By method. */
  readonly treatments: Readonly<Record<string, Treatment>>
}

/** Calls before the first item; later ones depend on it. */
export interface Source {
  readonly calls: readonly PlannedCall[]
  /** Why it cannot be planned; calls are then empty. */
  readonly fault?: string
}

export interface StreamPlan extends Head, Source {
  readonly door: 'stream' | 'poll'
  readonly key: string
  readonly operation: Operation
  readonly lasting: Lasting
}

export interface SocketPlan extends Head {
  readonly door: 'socket'
  readonly protocol: string
  /** The source of each topic, by its pattern: `orders/:id`. */
  readonly topics: Readonly<Record<string, Source>>
  readonly lasting: Lasting
}

export interface OwnPlan extends Head {
  readonly door: 'own'
  readonly summary: string
}

export type Plan = ScreenPlan | ForwardPlan | StreamPlan | SocketPlan | OwnPlan

/** All its service calls, except those a forward passes on. */
export function callsOf(plan: Plan): readonly PlannedCall[] {
  if (plan.door === 'socket') return Object.values(plan.topics).flatMap(({ calls }) => calls)
  return 'calls' in plan ? plan.calls : []
}

/** Why it, or one of its topics, cannot be planned. */
export const faultOf = (plan: Plan): string | undefined =>
  plan.door === 'socket'
    ? Object.values(plan.topics).find(({ fault }) => fault !== undefined)?.fault
    : 'fault' in plan
      ? plan.fault
      : undefined

export interface Given {
  /** Path parameters of the explained request. Default: samples. */
  readonly params?: Readonly<Record<string, string>>
}

type Described = Pick<Route<never>, 'methods' | 'path' | 'place' | 'when' | 'cost' | 'guard' | 'made'>

/**
 * What a route does for one request, found by running it on samples of the contracts. It dials nothing and reads no
 * environment. Never rejects because of a screen: see `fault`.
 */
export async function planOf(route: Described, estate: Estate, given: Given = {}): Promise<Plan> {
  const { methods, path, place, when, cost, made } = route
  const params = given.params ?? paramsOf(path)
  const { grant, ...admission } = await admissionOf(route.guard, { params, path })
  const head: Head = { methods, path, place, when: when?.describe, cost, admission, deadline: estate.budget }
  if (made === undefined) return { ...head, door: 'own', summary: '' }
  if (made.door === 'own') return { ...head, ...made }
  if (made.door === 'screen') return screenPlan(head, made, estate, params, grant)
  if (made.door === 'socket') return socketPlan(head, made, estate, grant)
  return made.door === 'forward' ? forwardPlan(head, made, estate) : streamPlan(head, made, estate, params, grant)
}

async function forwardPlan(
  head: Head,
  { door, upstream, upgrade, rewritten, caps }: Made & { readonly door: 'forward' },
  estate: Estate,
): Promise<ForwardPlan> {
  const treatments: Record<string, Treatment> = {}
  for (const method of head.methods) treatments[method] = await forwardTreatment(estate, upstream, method)
  return { ...head, door, upstream, upgrade, rewritten, caps, treatments }
}

async function screenPlan(
  head: Head,
  made: Made & { readonly door: 'screen' },
  estate: Estate,
  params: Exchange['params'],
  grant: object,
): Promise<ScreenPlan> {
  const { door, key, operation, budget, expose } = made
  const known = { ...head, door, key, operation, budget, expose }
  try {
    const request = { ...(await requestOf(operation, params)), ...grant }
    const { parts, calls, waves, needs } = await graphOf({ parts: made.parts, request }, estate.sources)
    const planned = await treated(estate, calls)
    const timeouts = new Map(planned.map(({ name, timeout }) => [name, timeout]))
    const { names, weight } = critical(needs, (name) => timeouts.get(name)!)
    return {
      ...known,
      parts,
      calls: planned,
      waves,
      critical: { calls: names, timeouts: weight },
      worst: worstOf(planned),
    }
  } catch (error) {
    const nothing = { parts: [], calls: [], waves: [], critical: { calls: [], timeouts: 0 } }
    return { ...known, ...nothing, worst: { fixed: 0, each: 0 }, fault: (error as Error).message }
  }
}

async function streamPlan(
  head: Head,
  { door, key, operation, items, lasting }: Made & { readonly door: StreamPlan['door'] },
  estate: Estate,
  params: Exchange['params'],
  grant: object,
): Promise<StreamPlan> {
  const request = async () => ({ ...(await requestOf(operation, params)), ...grant })
  return { ...head, door, key, operation, lasting, ...(await sourceOf(items, request, estate)) }
}

async function socketPlan(
  head: Head,
  { door, protocol, topics, lasting }: Made & { readonly door: 'socket' },
  estate: Estate,
  grant: object,
): Promise<SocketPlan> {
  const sources: Record<string, Source> = {}
  for (const [pattern, follow] of Object.entries(topics))
    sources[pattern] = await sourceOf(follow, () => ({ ...grant, params: paramsOf(pattern), after: 0 }), estate)
  return { ...head, door, protocol, lasting, topics: sources }
}

async function sourceOf(
  items: (request: never) => AsyncIterable<unknown>,
  requested: () => object | Promise<object>,
  estate: Estate,
): Promise<Source> {
  try {
    const parts = (given: never) => ({ first: items(given)[Symbol.asyncIterator]().next() })
    const { calls } = await graphOf({ parts, request: await requested() }, estate.sources)
    return { calls: await treated(estate, calls) }
  } catch (error) {
    return { calls: [], fault: (error as Error).message }
  }
}

async function treated(estate: Estate, calls: readonly CallNode[]): Promise<PlannedCall[]> {
  const planned: PlannedCall[] = []
  for (const call of calls)
    planned.push({ ...call, ...(await treatmentOf(estate, call.upstream, call.key, call.input)) })
  return planned
}

const worstOf = (calls: readonly PlannedCall[]) => ({
  fixed: sum(calls.map(({ each, times, most }) => (each ? 0 : times * most))),
  each: sum(calls.map(({ each, most }) => (each ? most : 0))),
})

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

const paramsOf = (path: string): Record<string, string> =>
  Object.fromEntries(Array.from(path.matchAll(/:(\w+)/g), ([, name]) => [name!, `${name}-1`]))

/** A validated request, as a handler receives it. */
async function requestOf(operation: Operation, params: Exchange['params']): Promise<object> {
  const { params: shape, query, body, headers } = operation
  const checked = await shape?.['~standard'].validate(params)
  const sampled = checked?.issues === undefined ? checked?.value : await sampleOf(shape)
  return {
    params: { ...params, ...(sampled as object | undefined) },
    query: await sampleOf(query),
    body: await sampleOf(body),
    headers: await sampleOf(headers),
  }
}

/** Every route of a gateway, in order. */
export async function plansOf(routes: readonly Described[], estate: Estate): Promise<Plan[]> {
  const plans: Plan[] = []
  for (const route of routes) plans.push(await planOf(route, estate))
  return plans
}
