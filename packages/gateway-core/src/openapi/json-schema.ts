import type { StandardJSONSchemaV1 } from '@standard-schema/spec'
import type { Schema } from '../contract.ts'

/** The JSON Schema 2020-12 keywords that contracts use. Others are copied unread. */
export interface JsonSchema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly propertyNames?: JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly format?: string
  /** Values may be added to this `enum`; clients must expect that. */
  readonly 'x-extensible'?: boolean
}

/** `input` is what a sender may send, `output` what a receiver gets. */
export type Side = 'input' | 'output'

/**
 * Converts a contract's schema to JSON Schema. Omits bounds that only mean "a safe integer", patterns that only repeat
 * a `format`, and `additionalProperties: false` of responses: these may grow, and clients are to ignore unknown
 * members. Throws a `TypeError` if the library lacks Standard JSON Schema.
 */
export function jsonSchemaOf(schema: Schema, side: Side): JsonSchema {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>
  if (jsonSchema === undefined) {
    throw new TypeError(`${schema['~standard'].vendor} cannot convert schemas to JSON Schema: use a library that can`)
  }
  const { $schema: _, ...printed } = jsonSchema[side]({ target: 'draft-2020-12' })
  return tidy(printed, side)
}

const unsaid: Readonly<Record<string, (value: unknown, schema: JsonSchema, side: Side) => boolean>> = {
  minimum: (value) => value === Number.MIN_SAFE_INTEGER,
  maximum: (value) => value === Number.MAX_SAFE_INTEGER,
  pattern: (_, { format }) => format !== undefined,
  additionalProperties: (value, _, side) => value === false && side === 'output',
  propertyNames: (value) => JSON.stringify(value) === '{"type":"string"}',
}

const tidy = (schema: JsonSchema, side: Side): JsonSchema =>
  mapSchemas(
    Object.fromEntries(Object.entries(schema).filter(([key, value]) => !(unsaid[key]?.(value, schema, side) ?? false))),
    (inner) => tidy(inner, side),
  )

/** Maps the direct subschemas; `name` is the member they describe, `many` marks array elements. */
export function mapSchemas(
  schema: JsonSchema,
  change: (inner: JsonSchema, at: { readonly name?: string; readonly many?: boolean }) => JsonSchema,
): JsonSchema {
  const mapped: Record<string, unknown> = { ...schema }
  for (const key of ['properties', '$defs'] as const) {
    const inner = schema[key]
    if (inner === undefined) continue
    mapped[key] = Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, change(one, { name })]))
  }
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const) {
    if (schema[key] !== undefined) mapped[key] = schema[key].map((one) => change(one, {}))
  }
  if (schema.items !== undefined) mapped['items'] = change(schema.items, { many: true })
  if (typeof schema.additionalProperties === 'object') {
    mapped['additionalProperties'] = change(schema.additionalProperties, { many: true })
  }
  return mapped
}
