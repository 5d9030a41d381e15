import type { Content, Described, Document, Parameter } from './document.ts'
import { resolve } from './document.ts'
import { type Misfit, misfits } from './fits.ts'
import type { JsonSchema } from './json-schema.ts'

/** A change that breaks clients of the older document. */
export interface Break {
  /** `GET /api/orders/{id}`, then the place within: `answer 200 /order/total`. */
  readonly where: string
  readonly what: string
}

/**
 * What in `after` breaks a client written for `before`: every request it may send must still be accepted, every
 * response must still match what was promised, and known problems must keep their meaning. New operations, response
 * members, problems and optional inputs are compatible.
 */
export function breaking(before: Document, after: Document, now: () => number = Date.now): readonly Break[] {
  const there = new Map(operationsOf(after).map(([key, operation]) => [anonymous(key), operation]))
  return operationsOf(before).flatMap(([key, was]) => {
    const is = there.get(anonymous(key))
    if (is === undefined && isOver(was, now())) return []
    if (is === undefined) return [{ where: key, what: 'It was removed.' }]
    const pair = { was, is, before, after }
    const found = [...inputs(pair), ...answers(pair), ...problems(pair), ...access(pair)]
    return found.map(({ where, what }) => ({ where: `${key} ${where}`, what }))
  })
}

interface Pair {
  readonly was: Described
  readonly is: Described
  readonly before: Document
  readonly after: Document
}

const operationsOf = ({ paths }: Document): readonly (readonly [key: string, operation: Described])[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  )

const isOver = ({ 'x-sunset': sunset }: Described, now: number): boolean =>
  sunset !== undefined && Date.parse(sunset) <= now

/** Names of path parameters do not concern callers. */
const anonymous = (key: string): string => key.replaceAll(/\{\w+\}/g, '{}')

function* inputs(pair: Pair): Generator<Break> {
  const { was, is, before, after } = pair
  const known = parametersOf(was, before)
  const taken = parametersOf(is, after)
  for (const [name, { required, schema }] of taken) {
    const old = known.get(name)
    if (required === true && old?.required !== true) yield { where: name, what: 'It is now required.' }
    if (old !== undefined) yield* taking(name, old.schema, schema, pair)
  }
  const [sent, read] = [bodyOf(was), bodyOf(is)]
  if (sent === undefined && read !== undefined) yield { where: 'body', what: 'A body is now required.' }
  if (sent !== undefined && read === undefined) yield { where: 'body', what: 'A body is now refused.' }
  if (sent !== undefined && read !== undefined) yield* taking('body', sent, read, pair)
}

/** By place and name; path parameters by position. */
function parametersOf(operation: Described, document: Document): ReadonlyMap<string, Parameter> {
  const all = (operation.parameters ?? []).map((one) => resolve<Parameter>(document, one))
  const inPath = all.filter((one) => one.in === 'path')
  return new Map(
    all.map((one) => {
      if (one.in === 'path') return [`path parameter ${inPath.indexOf(one) + 1}`, one]
      return [`${one.in} ${one.in === 'header' ? one.name.toLowerCase() : one.name}`, one]
    }),
  )
}

const bodyOf = ({ requestBody }: Described): JsonSchema | undefined => schemaIn(requestBody?.content)

const schemaIn = (content: Content | undefined): JsonSchema | undefined =>
  (content?.['application/json'] ?? content?.['text/event-stream'])?.schema

const taking = (where: string, sent: JsonSchema, taken: JsonSchema, { before, after }: Pair): readonly Break[] =>
  misfits({ schema: sent, document: before }, { schema: taken, document: after }, 'narrow').map((misfit) => ({
    where: placed(where, misfit),
    what: `Clients may send ${misfit.narrow}; accepted is now ${misfit.wide}.`,
  }))

const placed = (where: string, { pointer }: Misfit): string => (pointer === '' ? where : `${where} ${pointer}`)

function* answers({ was, is, before, after }: Pair): Generator<Break> {
  const [old, now] = [successes(was, before), successes(is, after)]
  const statuses = [old, now].map((all) => [...all.keys()].join(' or '))
  if (statuses[0] !== statuses[1]) {
    yield { where: 'answer', what: `Its success status was ${statuses[0]} and is now ${statuses[1]}.` }
    return
  }
  for (const [status, promised] of old) {
    const sent = now.get(status)
    if (promised === undefined) continue
    if (sent === undefined) {
      yield { where: `answer ${status}`, what: 'It no longer has a body.' }
      continue
    }
    for (const misfit of misfits({ schema: sent, document: after }, { schema: promised, document: before }, 'wide')) {
      const what = `It may now be ${misfit.narrow}; the promise was ${misfit.wide}.`
      yield { where: placed(`answer ${status}`, misfit), what }
    }
  }
}

/** Status → schema of its body. */
const successes = ({ responses }: Described, document: Document): ReadonlyMap<string, JsonSchema | undefined> =>
  new Map(
    Object.entries(responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([status, response]) => [status, schemaIn(resolve(document, response).content)]),
  )

/** Declared problems only; the toolkit's own follow from the operation. */
function* problems({ was, is }: Pair): Generator<Break> {
  const now = is['x-errors'] ?? {}
  for (const [code, status] of Object.entries(was['x-errors'] ?? {})) {
    if (now[code] === undefined) yield { where: `problem ${code}`, what: 'It is no longer answered.' }
    else if (now[code] !== status)
      yield { where: `problem ${code}`, what: `Its status was ${status} and is now ${now[code]}.` }
  }
}

function* access({ was, is }: Pair): Generator<Break> {
  const known = new Set(was.security.flatMap((scheme) => Object.keys(scheme)))
  for (const scheme of is.security.flatMap((one) => Object.keys(one))) {
    if (!known.has(scheme)) yield { where: 'security', what: `It now requires ${scheme}.` }
  }
}
