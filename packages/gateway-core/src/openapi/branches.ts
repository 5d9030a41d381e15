import { type Document, lookUp } from './document.ts'
import type { JsonSchema } from './json-schema.ts'

export interface Placed {
  readonly schema: JsonSchema
  /** Resolves its references. */
  readonly document: Document
}

const everyType = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const

/** Splits a schema into alternatives of one type each, without a top-level reference, union or intersection. */
export function branchesOf({ schema, document }: Placed): readonly Placed[] {
  const { $ref, anyOf, oneOf, allOf, ...rest } = schema
  if ($ref !== undefined) {
    return branchesOf({ schema: merged(lookUp(document, $ref) as JsonSchema, rest), document })
  }
  const union = anyOf ?? oneOf
  if (union !== undefined) {
    const around = allOf === undefined ? rest : { ...rest, allOf }
    return union.flatMap((one) => branchesOf({ schema: merged(one, around), document }))
  }
  if (allOf !== undefined) {
    const all = allOf.map((one) => branchesOf({ schema: one, document }))
    return all.reduce(product, [{ schema: rest, document }])
  }
  if (Array.isArray(schema.type)) {
    return (schema.type as readonly string[]).map((type) => ({ schema: { ...rest, type }, document }))
  }
  return [{ schema: rest, document }]
}

const product = (some: readonly Placed[], others: readonly Placed[]): readonly Placed[] =>
  some.flatMap(({ schema, document }) => others.map((other) => ({ schema: merged(schema, other.schema), document })))

/** The intersection of both. */
function merged(one: JsonSchema, other: JsonSchema): JsonSchema {
  const both = { ...one, ...other }
  const required = [...new Set([...(one.required ?? []), ...(other.required ?? [])])]
  return {
    ...both,
    ...(one.properties && other.properties && { properties: { ...one.properties, ...other.properties } }),
    ...(required.length > 0 && { required }),
  }
}

/** The allowed values, if enumerated. */
export const valuesOf = (schema: JsonSchema): readonly unknown[] | undefined =>
  schema.const === undefined ? schema.enum : [schema.const]

export function typesOf(schema: JsonSchema): readonly string[] {
  if (schema.type !== undefined) return typeof schema.type === 'string' ? [schema.type] : schema.type
  const values = valuesOf(schema)
  return values === undefined ? everyType : [...new Set(values.map(typeOf))]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Whether two alternatives are the same case: no member has different constants. */
export const isSameCase = ({ schema: one }: Placed, { schema: other }: Placed): boolean =>
  Object.entries(one.properties ?? {}).every(([name, { const: value }]) => {
    const theirs = other.properties?.[name]?.const
    return value === undefined || theirs === undefined || value === theirs
  })
