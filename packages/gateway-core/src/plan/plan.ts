import type { Operation } from '../contract.ts'
import type { Budget, Caps, Exchange, Made, Route } from '../exchange.ts'
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
  /** What it asks of an exchange beside method and path. */
  readonly when?: string | undefined
  /** Units of a rate limit. Absent: what the limit says. */
  readonly cost?: number | undefined
  readonly admission: Omit<Admission, 'grant'>
  /** Milliseconds in which the whole answer must be there. */
  readonly deadline: number
}

export interface PlannedCall extends CallNode, Treatment {}

export interface ScreenPlan extends Head {
  readonly door: 'screen'
  readonly key: string
  readonly operation: Operation
  readonly budget: Budget | undefined
  /** Response headers of upstreams that leave with the answer. */
  readonly expose: Readonly<Record<string, readonly string[]>>
  readonly parts: readonly PartNode[]
  readonly calls: readonly PlannedCall[]
  /** Names of the calls that can be under way together, first to last. */
  readonly waves: readonly (readonly string[])[]
  /** The way through that may take longest, by the timeouts of the policies. */
  readonly critical: { readonly calls: readonly string[]; readonly timeouts: number }
  /** Requests that upstreams may get for one of the client's: these, and so many for each item of a list. */
  readonly worst: { readonly fixed: number; readonly each: number }
  /** Why it cannot be planned; parts and calls are empty then. */
  readonly fault?: string
}

export interface ForwardPlan extends Head {
  readonly door: 'forward'
  readonly upstream: string
  readonly upgrade: boolean
  readonly rewritten: boolean
  /** Of its event streams. */
  readonly caps: Caps
  /** Of each method. */
  readonly treatments: Readonly<Record<string, Treatment>>
}

/** Until its first item: what a stream asks for afterwards depends on what comes. */
export interface StreamPlan extends Head {
  readonly door: 'stream'
  readonly key: string
  readonly operation: Operation
  readonly caps: Caps
  readonly calls: readonly PlannedCall[]
  /** Why it cannot be planned; calls are empty then. */
  readonly fault?: string
}

export interface OwnPlan extends Head {
  readonly door: 'own'
  readonly summary: string
}

export type Plan = ScreenPlan | ForwardPlan | StreamPlan | OwnPlan

export interface Given {
  /** Of the request that is explained. Default: samples. */
  readonly params?: Readonly<Record<string, string>>
}

type Described = Pick<Route<never>, 'methods' | 'path' | 'place' | 'when' | 'cost' | 'guard' | 'made'>

/**
 * What a route does for one request, found out by running it against samples made of the contracts. Nothing is dialled and no
 * environment is read. Never rejects for what a screen does: see `fault`.
 */
export async function planOf(route: Described, estate: Estate, given: Given = {}): Promise<Plan> {
  const { methods, path, place, when, cost, made } = route
  const params = given.params ?? paramsOf(path)
  const { grant, ...admission } = await admissionOf(route.guard, { params, path })
  const head: Head = { methods, path, place, when: when?.describe, cost, admission, deadline: estate.budget }
  if (made === undefined) return { ...head, door: 'own', summary: '' }
  if (made.door === 'own') return { ...head, ...made }
  if (made.door === 'screen') return screenPlan(head, made, estate, params, grant)
  if (made.door === 'stream') return streamPlan(head, made, estate, params, grant)
  const { door, upstream, upgrade, rewritten, caps } = made
  const treatments: Record<string, Treatment> = {}
  for (const method of methods) treatments[method] = await forwardTreatment(estate, upstream, method)
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
  { door, key, operation, items, caps }: Made & { readonly door: 'stream' },
  estate: Estate,
  params: Exchange['params'],
  grant: object,
): Promise<StreamPlan> {
  const known = { ...head, door, key, operation, caps }
  try {
    const request = { ...(await requestOf(operation, params)), ...grant }
    const parts = (given: never) => ({ first: items(given)[Symbol.asyncIterator]().next() })
    const { calls } = await graphOf({ parts, request }, estate.sources)
    return { ...known, calls: await treated(estate, calls) }
  } catch (error) {
    return { ...known, calls: [], fault: (error as Error).message }
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

/** A request as its receiver would see it. */
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

/** Every route of a gateway, in their order. */
export async function plansOf(routes: readonly Described[], estate: Estate): Promise<Plan[]> {
  const plans: Plan[] = []
  for (const route of routes) plans.push(await planOf(route, estate))
  return plans
}
