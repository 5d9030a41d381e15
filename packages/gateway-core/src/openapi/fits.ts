import { branchesOf, isSameCase, type Placed, typesOf, valuesOf } from './branches.ts'
import type { JsonSchema } from './json-schema.ts'

/** Something the narrower of two schemas allows and the wider does not. */
export interface Misfit {
  /** RFC 6901, into a value of either schema; `*` stands for each array element or record key. */
  readonly pointer: string
  /** What the narrower allows there, and what the wider does. */
  readonly narrow: string
  readonly wide: string
}

/** Which of the two is older: a reader may rely on its members, required or not. */
export type First = 'narrow' | 'wide'

/**
 * Where a value of `narrow` may not match `wide`; empty if all do. Unknown keywords must be equal, so that anything
 * undecidable counts as a misfit.
 */
export function misfits(narrow: Placed, wide: Placed, first: First): readonly Misfit[] {
  return [...compare(narrow, wide, { first, pointer: '', seen: new Set() })]
}

interface Context {
  readonly first: First
  readonly pointer: string
  /** Pairs of references being compared: a recursive one fits if everything around it does. */
  readonly seen: ReadonlySet<string>
}

function* compare(narrow: Placed, wide: Placed, context: Context): Generator<Misfit> {
  const pair = `${narrow.schema.$ref} ${wide.schema.$ref}`
  const recursive = narrow.schema.$ref !== undefined && wide.schema.$ref !== undefined
  if (recursive && context.seen.has(pair)) return
  const inner = recursive ? { ...context, seen: new Set([...context.seen, pair]) } : context
  const choices = branchesOf(wide)
  for (const branch of branchesOf(narrow)) {
    const alike = choices.filter((choice) => isSameCase(branch, choice))
    const tried = (alike.length > 0 ? alike : choices).map((choice) => [...branchFits(branch, choice, inner)])
    // Of several misfits, the closest alternative explains most.
    const [nearest = []] = tried.toSorted((one, other) => one.length - other.length || depthOf(other) - depthOf(one))
    // A case missing altogether is reported once, whatever its parts.
    yield* alike.length > 0 ? nearest : nearest.slice(0, 1)
  }
}

const depthOf = ([first]: readonly Misfit[]): number => first?.pointer.split('/').length ?? 0

function* branchFits(narrow: Placed, wide: Placed, context: Context): Generator<Misfit> {
  const at = (from: string, to: string): Misfit => ({ pointer: context.pointer, narrow: from, wide: to })
  const values = valuesOf(narrow.schema)
  const allowed = valuesOf(wide.schema)
  const types = typesOf(wide.schema)
  if (allowed !== undefined && wide.schema['x-extensible'] !== true) {
    if (values === undefined) yield at(typesOf(narrow.schema).join(' or '), listed(allowed))
    else {
      const extra = values.filter((value) => !allowed.some((one) => same(one, value)))
      if (extra.length > 0) yield at(listed(extra), listed(allowed))
    }
    return
  }
  const foreign = typesOf(narrow.schema).filter(
    (type) => !types.includes(type) && !(type === 'integer' && types.includes('number')),
  )
  if (foreign.length > 0) {
    yield at(foreign.join(' or '), types.join(' or '))
    return
  }
  if (values === undefined) yield* rangeFits(narrow.schema, wide.schema, at)
  yield* membersFit(narrow, wide, context)
  yield* itemsFit(narrow, wide, context)
}

type At = (narrow: string, wide: string) => Misfit

const least = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const
const most = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const
const equal = [
  'pattern',
  'format',
  'multipleOf',
  'propertyNames',
  'prefixItems',
  'not',
  'uniqueItems',
  'contentEncoding',
] as const

function* rangeFits(narrow: JsonSchema, wide: JsonSchema, at: At): Generator<Misfit> {
  for (const key of least) {
    if (wide[key] !== undefined && (narrow[key] ?? -Infinity) < wide[key])
      yield at(said(key, narrow[key]), said(key, wide[key]))
  }
  for (const key of most) {
    if (wide[key] !== undefined && (narrow[key] ?? Infinity) > wide[key])
      yield at(said(key, narrow[key]), said(key, wide[key]))
  }
  for (const key of equal) {
    const [from, to] = [narrow, wide].map((schema) => (schema as Readonly<Record<string, unknown>>)[key])
    if (to !== undefined && !same(from, to)) yield at(said(key, from), said(key, to))
  }
}

function* membersFit(narrow: Placed, wide: Placed, context: Context): Generator<Misfit> {
  const { properties: has = {}, required = [], additionalProperties: rest } = narrow.schema
  const { properties: known = {}, required: needed = [], additionalProperties: others } = wide.schema
  for (const [name, schema] of Object.entries(known)) {
    const deeper = below(context, name)
    const member = has[name] ?? (typeof rest === 'object' ? rest : undefined)
    const counted = needed.includes(name) || (context.first === 'wide' && has[name] === undefined)
    if (counted && !required.includes(name)) {
      yield {
        pointer: deeper.pointer,
        narrow: 'nothing',
        wide: needed.includes(name) ? 'a required value' : 'an optional value',
      }
    }
    if (member !== undefined) yield* compare({ ...narrow, schema: member }, { ...wide, schema }, deeper)
  }
  for (const [name, schema] of Object.entries(has)) {
    if (Object.hasOwn(known, name)) continue
    const deeper = below(context, name)
    if (others === false) yield { pointer: deeper.pointer, narrow: 'a value', wide: 'nothing' }
    else if (typeof others === 'object') yield* compare({ ...narrow, schema }, { ...wide, schema: others }, deeper)
  }
  if (typeof others !== 'object' || rest === false || !typesOf(narrow.schema).includes('object')) return
  const deeper = below(context, '*')
  if (typeof rest === 'object') yield* compare({ ...narrow, schema: rest }, { ...wide, schema: others }, deeper)
  else yield { pointer: deeper.pointer, narrow: 'anything', wide: typesOf(others).join(' or ') }
}

function* itemsFit(narrow: Placed, wide: Placed, context: Context): Generator<Misfit> {
  if (wide.schema.items === undefined || !typesOf(narrow.schema).includes('array')) return
  const schema = narrow.schema.items ?? {}
  yield* compare({ ...narrow, schema }, { ...wide, schema: wide.schema.items }, below(context, '*'))
}

const below = (context: Context, step: string): Context => ({
  ...context,
  pointer: `${context.pointer}/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`,
})

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const listed = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(' or ')

const said = (key: string, value: unknown): string =>
  value === undefined ? `any ${key}` : `${key} ${JSON.stringify(value)}`
