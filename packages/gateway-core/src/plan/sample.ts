import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { Schema } from '../contract.ts'
import { fitting } from './sample-text.ts'

/** The keywords read of JSON Schema (draft 2020-12). The validator checks the rest. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema | boolean
  readonly prefixItems?: readonly JsonSchema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
}

/** A value's place in a sample. */
interface Place {
  readonly root: JsonSchema
  /** Items per array. */
  readonly items: number
  /** Makes texts distinct: `productId-2`. */
  readonly name: string
  readonly nth: number
  /** References followed so far: bounds recursive shapes. */
  readonly depth: number
}

const deepest = 3

/**
 * An example of what a schema accepts, as its reader gets it (coerced, with defaults): every member, arrays of `items`
 * distinct items. Deterministic. `undefined` if the schema lacks Standard JSON Schema.
 */
export async function sampleOf(schema: Schema | undefined, items = 2): Promise<unknown> {
  const shape = schema === undefined ? undefined : jsonSchema(schema)
  if (schema === undefined || shape === undefined) return undefined
  const raw = sample(shape, { root: shape, items, name: 'value', nth: 1, depth: 0 })
  const result = await schema['~standard'].validate(raw)
  return result.issues === undefined ? result.value : raw
}

/** A schema's input shape; otherwise its output shape. */
function jsonSchema(schema: Schema): JsonSchema | undefined {
  const { jsonSchema: converter } = schema['~standard'] as StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>
  if (converter === undefined) return undefined
  for (const way of ['input', 'output'] as const) {
    try {
      return converter[way]({ target: 'draft-2020-12' })
    } catch {
      // Some types cannot be expressed in JSON Schema in one of the directions.
    }
  }
  return undefined
}

function sample(shape: JsonSchema, place: Place): unknown {
  if (shape.$ref !== undefined) {
    const target = place.depth < deepest ? resolve(place.root, shape.$ref) : undefined
    return target === undefined ? null : sample(target, { ...place, depth: place.depth + 1 })
  }
  if ('const' in shape) return shape.const
  if (shape.enum !== undefined) return shape.enum[0]
  if (shape.default !== undefined && typeof shape.default !== 'object') return shape.default
  const choices = shape.anyOf ?? shape.oneOf
  if (choices !== undefined) return sample(choices.find((one) => one.type !== 'null') ?? {}, place)
  if (shape.allOf !== undefined) return Object.assign({}, ...shape.allOf.map((one) => sample(one, place) as object))
  return ofType(shape, place)
}

function ofType(shape: JsonSchema, place: Place): unknown {
  const type = [shape.type ?? (shape.properties === undefined ? [] : 'object')].flat().find((one) => one !== 'null')
  switch (type) {
    case 'object':
      return object(shape, place)
    case 'array':
      return array(shape, place)
    case 'string':
      return fitting(shape, `${place.name}-${place.nth}`)
    case 'number':
    case 'integer':
      return number(shape, place.nth)
    case 'boolean':
      return true
    default:
      return null
  }
}

function object({ properties = {}, additionalProperties }: JsonSchema, place: Place): Record<string, unknown> {
  const entries = Object.entries(properties)
  if (typeof additionalProperties === 'object' && entries.length === 0) entries.push(['key', additionalProperties])
  return Object.fromEntries(entries.map(([name, one]) => [name, sample(one, { ...place, name })]))
}

function array({ items, prefixItems = [], minItems = 0, maxItems = Infinity }: JsonSchema, place: Place): unknown[] {
  const first = prefixItems.map((one) => sample(one, place))
  if (typeof items !== 'object') return first
  const wanted = Math.min(Math.max(minItems, first.length + place.items), maxItems) - first.length
  const rest = Array.from({ length: place.depth < deepest ? Math.max(0, wanted) : minItems }, (_, i) =>
    // Nested items differ as well: the first of the second list is the hundred and first.
    sample(items, { ...place, nth: (place.nth - 1) * 100 + i + 1 }),
  )
  return [...first, ...rest]
}

function number(shape: JsonSchema, nth: number): number {
  const step = shape.multipleOf ?? 1
  const least = shape.minimum ?? (shape.exclusiveMinimum === undefined ? -Infinity : shape.exclusiveMinimum + step)
  const most = shape.maximum ?? (shape.exclusiveMaximum === undefined ? Infinity : shape.exclusiveMaximum - step)
  return Math.ceil(Math.min(Math.max(nth, least), most) / step) * step
}

const resolve = (root: JsonSchema, reference: string): JsonSchema | undefined =>
  reference
    .split('/')
    .slice(1)
    .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], root) as JsonSchema | undefined
