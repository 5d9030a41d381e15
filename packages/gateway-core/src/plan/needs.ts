import { isMark } from '../screen/mark.ts'
import type { Parts } from '../screen/settle.ts'
import type { Sources } from '../sources.ts'
import { answersOf } from './answers.ts'
import { type Asked, dryRun, type Run, type Screen } from './dry-run.ts'
import { direct, type Needs, owners, waves } from './graph.ts'

/** Calls of one operation with the same needs. */
export interface CallNode {
  /** `catalog GET /products`; if called at several places of the graph, `catalog GET /products (2)`. */
  readonly name: string
  readonly upstream: string
  readonly key: string
  /** Input of the first one, on samples. */
  readonly input: unknown
  /** Number of calls; for those made per list item, with lists of two. */
  readonly times: number
  /** Their number depends on earlier responses. */
  readonly each: boolean
  /** Names of the calls it waits for, transitively reduced. */
  readonly needs: readonly string[]
}

export type PartKind = 'required' | 'optional' | 'stale' | 'optional, stale' | 'compensated'

export interface PartNode {
  readonly name: string
  readonly kind: PartKind
  /** Names of the calls made for it. */
  readonly calls: readonly string[]
  /** Names of the parts whose calls precede its own. */
  readonly needs: readonly string[]
  /** `orders DELETE /orders/:id`: undoes it if the screen fails. */
  readonly undo: readonly string[]
}

export interface Graph {
  readonly calls: readonly CallNode[]
  readonly parts: readonly PartNode[]
  /** Names of the calls that can run together, first to last. */
  readonly waves: readonly (readonly string[])[]
  /** All calls a call waits for, by name. */
  readonly needs: Needs
}

/**
 * Finds a screen's calls and their order by running it: once with all calls answered, then without the answer of each.
 * What is missing then needed it. (Also on lists of three: calls that increase are made per item.) The graph is that of
 * the fullest responses: only one side of a condition on a response is seen. Throws what the screen throws on the
 * samples, or a sentence on a part that never resolved.
 */
export async function graphOf(screen: Screen, sources: Sources): Promise<Graph> {
  const two = await answersOf(sources, 2)
  const anyInput = idsOf(await dryRun(screen, sources, two)) !== idsOf(await dryRun(screen, sources, two))
  const first = await dryRun(screen, sources, two, { anyInput })
  refuse(first)
  const run = { ...first, calls: [...first.calls] }
  const undo = await undoing(first)
  const more = await dryRun(screen, sources, await answersOf(sources, 3), { anyInput })
  const blocked = new Map<string, Run>()
  for (const { id } of run.calls) blocked.set(id, await dryRun(screen, sources, two, { withheld: id, anyInput }))
  const callNeeds = needsOf(
    run.calls.map(({ id }) => id),
    blocked,
    (without) => new Set(without.calls.map(({ id }) => id)),
  )
  const partNeeds = needsOf(Object.keys(run.parts), blocked, ({ came }) => came)
  const graph = named(run, more, callNeeds, partNeeds)
  return { ...graph, parts: graph.parts.map((part) => ({ ...part, undo: undo.get(part.name) ?? [] })) }
}

const idsOf = ({ calls }: Run): string => calls.map(({ id }) => id).join('\n')

function refuse({ parts, came, failed }: Run): void {
  for (const name of Object.keys(parts)) {
    if (name in failed) throw new TypeError(`its part "${name}" fails on the sample: ${String(failed[name])}`)
    if (!came.has(name)) throw new TypeError(`its part "${name}" never resolves, though every call is answered`)
  }
}

/** Compensates each write that can be, as if the screen had failed, and records the calls. */
async function undoing({ parts, calls }: Run): Promise<Map<string, readonly string[]>> {
  const undo = new Map<string, readonly string[]>()
  for (const [name, part] of Object.entries(parts)) {
    if (!isMark(part) || part.undo === undefined) continue
    const before = calls.length
    await part.undo((await part.part) as never)
    undo.set(
      name,
      calls.slice(before).map(({ upstream, key }) => `${upstream} ${key}`),
    )
  }
  return undo
}

/** Whatever never appears in runs without a call needs that call. */
function needsOf(
  names: readonly string[],
  blocked: ReadonlyMap<string, Run>,
  there: (run: Run) => ReadonlySet<string>,
) {
  const needs = new Map<string, Set<string>>(names.map((name) => [name, new Set()]))
  for (const [call, run] of blocked) {
    const found = there(run)
    for (const name of names) if (name !== call && !found.has(name)) needs.get(name)!.add(call)
  }
  return needs
}

/** Merges equal calls and names everything. */
function named(run: Run, more: Run, needsOfCalls: Needs, needsOfParts: Needs): Graph {
  const groups = groupsOf(run, needsOfCalls)
  const names = new Map([...groups].flatMap(([name, calls]) => calls.map(({ id }) => [id, name])))
  const byName = (ids: ReadonlySet<string>) => new Set([...ids].map((id) => names.get(id)!))
  const needs = new Map([...groups].map(([name, [first]]) => [name, byName(needsOfCalls.get(first!.id)!)]))
  const parts = new Map([...needsOfParts].map(([name, ids]) => [name, byName(ids)]))
  const reduced = direct(needs)
  const calls = [...groups].map(([name, alike]): CallNode => {
    const { upstream, key } = alike[0]!
    const each = alike.length > 1 && countOf(more, upstream, key) > countOf(run, upstream, key)
    return { name, upstream, key, input: alike[0]!.input, times: alike.length, each, needs: reduced.get(name)! }
  })
  return { calls, parts: partsOf(run.parts, parts, owners([...needs.keys()], parts)), waves: waves(needs), needs }
}

function groupsOf({ calls }: Run, needs: Needs): Map<string, readonly Asked[]> {
  const groups = new Map<string, readonly Asked[]>()
  const alike = Map.groupBy(calls, ({ id, upstream, key }) => `${upstream} ${key}\n${[...needs.get(id)!].join('\n')}`)
  for (const group of alike.values()) {
    const plain = `${group[0]!.upstream} ${group[0]!.key}`
    const nth = [...groups.keys()].filter((name) => name === plain || name.startsWith(`${plain} (`)).length + 1
    groups.set(nth === 1 ? plain : `${plain} (${nth})`, group)
  }
  return groups
}

const countOf = ({ calls }: Run, upstream: string, key: string): number =>
  calls.filter((call) => call.upstream === upstream && call.key === key).length

function partsOf(parts: Parts, needs: Needs, owning: ReadonlyMap<string, readonly string[]>) {
  const before = new Map(
    [...needs].map(([name, calls]) => {
      const others = [...calls].flatMap((call) => (owning.get(call)!.includes(name) ? [] : owning.get(call)!))
      return [name, new Set(others)]
    }),
  )
  const reduced = direct(before)
  return Object.entries(parts).map(([name, part]) => ({
    name,
    kind: kindOf(part),
    calls: [...owning].filter(([, names]) => names.includes(name)).map(([call]) => call),
    needs: reduced.get(name)!,
    undo: [],
  }))
}

function kindOf(part: Parts[string]): PartKind {
  if (!isMark(part)) return 'required'
  if (part.undo !== undefined) return 'compensated'
  if (part.otherwise === undefined) return part.mayBeStale ? 'stale' : 'required'
  return part.mayBeStale ? 'optional, stale' : 'optional'
}
