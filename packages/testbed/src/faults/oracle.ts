import { create, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Sources } from '@bff/gateway-core'
import { type Contract, fill, type Operation } from '@bff/gateway-core/contract'
import { type Fault, Failure, failureOf } from './fault.ts'
import { type Answer, type Answers, placeOf, spell } from './scenario.ts'

/** The parts of a screen that determine its answer. */
export interface Screen {
  readonly operation: Operation
  readonly parts: (request: never) => object
  readonly view: (parts: never) => unknown
}

/** Tells a generated service from a contract. */
export const isGrpc = (source: Contract | DescService): source is DescService =>
  'kind' in source && source['kind'] === 'service'

export interface Foreseen {
  /** Failures of required parts. If there are any, the answer is one of them. */
  readonly failures: readonly Failure[]
  /** The body if there are none. */
  readonly body: unknown
}

/** The marks of a part. */
interface Marked {
  readonly part: PromiseLike<unknown>
  readonly otherwise: { readonly value: unknown } | undefined
  readonly mayBeStale: boolean
}

type Faults = ReadonlyMap<string, Fault>

/**
 * Predicts a screen's answer while some operations fail and others return stale data: runs its own parts on recorded responses to
 * see which fail, and applies its marks. Knows nothing about any particular screen.
 */
export async function foresee(
  screen: Screen,
  sources: Sources,
  request: object,
  answers: Answers,
  faults: Faults = new Map(),
  old: ReadonlySet<string> = new Set(),
): Promise<Foreseen> {
  const { operation, parts, view } = screen
  const run = (failing: Faults) => parts({ ...request, from: clients(sources, answers, failing) } as never)
  const made = run(faults) as Readonly<Record<string, PromiseLike<unknown> | Marked>>
  const without =
    old.size === 0 ? {} : await settle(run(new Map([...faults, ...[...old].map((at) => [at, 'failing'] as const)])))
  const values: Record<string, unknown> = {}
  const statuses: Record<string, string> = {}
  const failures: Failure[] = []
  for (const [name, result] of Object.entries(await settle(made))) {
    const mark = markOf(made[name]!)
    if (result.status === 'fulfilled') {
      values[name] = result.value
      if (mark !== undefined) statuses[name] = mark.mayBeStale && without[name]?.status === 'rejected' ? 'stale' : 'ok'
    } else if (mark?.otherwise !== undefined) {
      values[name] = mark.otherwise.value
      statuses[name] = 'fallback'
    } else failures.push(passing(result.reason, operation))
  }
  if (failures.length > 0) return { failures, body: undefined }
  const shown = await operation.out?.['~standard'].validate(view(values as never))
  if (shown === undefined || shown.issues !== undefined) throw new Error('the view does not match its contract')
  const hasMeta = operation.optional !== undefined || operation.stale !== undefined
  const body = hasMeta ? { ...(shown.value as object), meta: { parts: statuses } } : shown.value
  return { failures, body: JSON.parse(JSON.stringify(body)) as unknown }
}

const markOf = (part: object): Marked | undefined => ('mayBeStale' in part ? (part as Marked) : undefined)

async function settle(parts: object): Promise<Record<string, PromiseSettledResult<unknown>>> {
  const entries = Object.entries(parts) as [string, PromiseLike<unknown> | Marked][]
  const results = await Promise.allSettled(
    entries.map(async ([, part]) => (markOf(part)?.part ?? part) as PromiseLike<unknown>),
  )
  return Object.fromEntries(entries.map(([name], i) => [name, results[i]!]))
}

/** A service's own problem is passed on if the screen declares it; otherwise it is an upstream failure. */
function passing(reason: unknown, { errors }: Operation): Failure {
  if (!(reason instanceof Failure)) throw reason
  return reason.own && errors?.[reason.code] !== reason.status ? ofService(reason) : reason
}

const ofService = ({ source }: Failure) => failureOf(source, 'failing', 'http')

/** A part that a screen can mark. */
class Call<T> extends Promise<T> {
  except(code: string, value: unknown) {
    return this.then(undefined, (failed: Failure) => (failed.code === code ? value : Promise.reject(failed)))
  }

  unexpected(code: string) {
    return this.then(undefined, (failed: Failure) => Promise.reject(failed.code === code ? ofService(failed) : failed))
  }
}

function clients(sources: Sources, answers: Answers, faults: Faults): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [
      name,
      isGrpc(source)
        ? remote(name, source, answers, faults)
        : (key: string, input?: Record<string, unknown>) =>
            call(async () => {
              const { answer, itemOf } = find(name, source, key, input, answers)
              fall(answer, faults, 'http')
              const result = await source[answer.operation as keyof Contract]!.out!['~standard'].validate(
                JSON.parse(answer.body.toString()),
              )
              if (result.issues !== undefined) throw new Error(`${name} ${key} broke its contract`)
              return itemOf(result.value)
            }),
    ]),
  )
}

const remote = (name: string, { methods }: DescService, answers: Answers, faults: Faults) =>
  Object.fromEntries(
    methods.map(({ localName, input, output }) => [
      localName,
      (given: Record<string, unknown>) =>
        call(async () => {
          const message = toBinary(input, create(input, given))
          const head = Buffer.alloc(5)
          head.writeUInt32BE(message.length, 1)
          const answer = answers.get(spell(name, localName, Buffer.concat([head, message])))
          if (answer === undefined) throw new Error(`${name} ${localName} has no recording of that call`)
          fall(answer, faults, 'grpc')
          return fromBinary(output, answer.body.subarray(5))
        }),
    ]),
  )

/** Silences an unhandled rejection: the screen may never await it. */
function call(make: () => Promise<unknown>): Call<unknown> {
  const made = Call.resolve(make()) as Call<unknown>
  made.then(undefined, () => undefined)
  return made
}

function fall(answer: Answer, faults: Faults, protocol: 'http' | 'grpc'): void {
  const fault = faults.get(placeOf(answer))
  if (fault !== undefined) throw failureOf(answer.upstream, fault, protocol)
}

interface Found {
  readonly answer: Answer
  readonly itemOf: (answered: unknown) => unknown
}

/** The recorded response to this call, or to the one it was batched into. */
function find(name: string, contract: Contract, key: string, input: object | undefined, answers: Answers): Found {
  const alone = answers.get(spell(name, key, fill(key, input as Record<string, unknown>).url))
  if (alone !== undefined) return { answer: alone, itemOf: (answered) => answered }
  const { batch, errors } = contract[key as keyof Contract]!
  const id = String((input as Record<string, unknown> | undefined)?.[batch?.id ?? ''])
  const many = [...answers.values()].find(
    ({ upstream, operation, url }) =>
      upstream === name &&
      operation === batch?.by &&
      new URL(url, 'http://x').searchParams.getAll(batch.ids).includes(id),
  )
  if (batch === undefined || many === undefined) throw new Error(`${name} ${key} has no recording of that call`)
  return {
    answer: many,
    itemOf: (answered) => {
      const { [batch.items]: items } = answered as Record<string, readonly Record<string, unknown>[]>
      const item = items!.find((one) => String(one[batch.id]) === id)
      if (item === undefined) throw new Failure(name, { code: batch.missing, status: errors![batch.missing]! }, true)
      return item
    },
  }
}
