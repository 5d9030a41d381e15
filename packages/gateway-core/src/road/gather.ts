import { type Batch, type Contract, type Operation, parseKey } from '../contract.ts'
import { joined, onTrail, Trail, trailOfNow } from '../part.ts'
import { problem, type Problem } from '../problem.ts'
import type { Asking } from './asking.ts'
import type { Send } from './client.ts'

interface Waiting extends PromiseWithResolvers<unknown> {
  readonly trails: (Trail | undefined)[]
}

/** Requests of one turn, by id. */
type Gathering = Map<string, Waiting>

/**
 * Batches calls where the contract says how: one screen's calls of such an operation, made in one turn of the event
 * loop, become one call for all distinct ids. An id without an item is the operation's declared `missing`. A single id
 * uses the operation itself.
 */
export function gathered(upstream: string, contract: Contract, send: Send): Send {
  if (!Object.values(contract).some(({ batch }) => batch !== undefined)) return send
  return (asking, key, input) => {
    const { batch } = contract[key as keyof Contract] as Operation
    if (batch === undefined) return send(asking, key, input)
    const name = `${upstream} ${key}`
    let gathering = asking.gathering.get(name) as Gathering | undefined
    if (gathering === undefined) {
      gathering = new Map()
      asking.gathering.set(name, gathering)
      // After all settled promises: calls that waited for the same response join the same turn.
      queueMicrotask(() => process.nextTick(() => void release(upstream, contract, send, asking, key, batch)))
    }
    const id = String(input?.[batch.id])
    let waiting = gathering.get(id)
    if (waiting === undefined) {
      waiting = { ...Promise.withResolvers<unknown>(), trails: [] }
      gathering.set(id, waiting)
    }
    waiting.trails.push(trailOfNow())
    // Separate promises, so that callers do not affect each other.
    return joined(waiting.promise.then(itself))
  }
}

async function release(
  upstream: string,
  contract: Contract,
  send: Send,
  asking: Asking,
  key: string,
  batch: Batch,
): Promise<void> {
  const name = `${upstream} ${key}`
  const all = [...(asking.gathering.get(name) as Gathering)]
  asking.gathering.delete(name)
  const [[id, only]] = all as [[string, Waiting]]
  if (all.length === 1) return answer([only], () => send(asking, key, { [batch.id]: id }), only.resolve)
  const most = batch.most ?? 100
  for (let from = 0; from < all.length; from += most) {
    const wanted = new Map(all.slice(from, from + most))
    void answer(
      [...wanted.values()],
      () => send(asking, batch.by, { [batch.ids]: [...wanted.keys()].toSorted() }),
      (found) => deal(wanted, batch, found, () => missing(upstream, contract, key, batch)),
    )
  }
}

/** Makes one call for all waiting. If it is stale, so are all results made of it. */
async function answer(
  waiting: readonly Waiting[],
  call: () => Promise<unknown>,
  take: (found: unknown) => void,
): Promise<void> {
  const trails = waiting.flatMap((one) => one.trails)
  const own = trails.some((one) => one !== undefined) ? new Trail() : undefined
  try {
    const found = await (own === undefined ? call() : onTrail(call, own))
    if (own?.stale === true) for (const one of trails) one?.mark()
    take(found)
  } catch (error) {
    for (const one of waiting) one.reject(error)
  }
}

/** Gives each its item. */
function deal(wanted: Gathering, { items, id }: Batch, found: unknown, absent: () => Problem): void {
  const listed = (found as Readonly<Record<string, unknown>>)[items] as readonly Readonly<Record<string, unknown>>[]
  const byId = new Map(listed.map((item) => [String(item[id]), item]))
  for (const [one, { resolve, reject }] of wanted) {
    const item = byId.get(one)
    if (item === undefined) reject(absent())
    else resolve(item)
  }
}

const missing = (upstream: string, contract: Contract, key: string, { missing: code }: Batch): Problem =>
  problem(contract[key as keyof Contract]!.errors![code]!, code, { source: upstream, own: true })

const itself = (value: unknown): unknown => value

/** All faults of a contract's batch forms. */
export function faultsOfBatches(upstream: string, contract: Contract): string[] {
  return Object.entries(contract).flatMap(([key, { batch, errors }]) => {
    if (batch === undefined) return []
    const where = `${upstream} ${key}: batch`
    const { path, method } = parseKey(key)
    const faults: [boolean, string][] = [
      [method !== 'GET', 'only reads can be gathered'],
      [!path.includes(`:${batch.id}`), `"${batch.id}" is not a path parameter of it`],
      [contract[batch.by]?.out === undefined, `"${batch.by}" answers nothing`],
      [errors?.[batch.missing] === undefined, `"${batch.missing}" is not among its errors`],
      [(batch.most ?? 100) < 1, 'most must be at least 1'],
    ]
    return faults.filter(([wrong]) => wrong).map(([, why]) => `${where}: ${why}`)
  })
}
