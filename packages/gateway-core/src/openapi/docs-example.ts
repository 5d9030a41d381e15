import { branchesOf, typesOf, valuesOf } from './branches.ts'
import type { Document } from './document.ts'
import type { JsonSchema } from './json-schema.ts'

/** A value that matches a schema; nothing below eight levels. */
export function exampleOf(schema: JsonSchema, document: Document, depth = 8): unknown {
  const { schema: one } = branchesOf({ schema, document })[0]!
  const [value] = valuesOf(one) ?? []
  if (value !== undefined) return value
  if (one.default !== undefined) return one.default
  const [type] = typesOf(one)
  if (depth === 0) return null
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(one.properties ?? {}).map(([name, member]) => [name, exampleOf(member, document, depth - 1)]),
      )
    case 'array':
      return one.items === undefined ? [] : [exampleOf(one.items, document, depth - 1)]
    case 'string':
      return texts[one.format ?? ''] ?? 'text'
    case 'integer':
    case 'number':
      return one.minimum ?? 1
    case 'boolean':
      return true
    default:
      return null
  }
}

const texts: Readonly<Record<string, string>> = {
  date: '2027-01-31',
  'date-time': '2027-01-31T12:00:00Z',
  email: 'ada@example.com',
  uri: 'https://example.com/',
  uuid: '3f0c9a52-6d0e-4c5b-9b37-2a4b1c0d9e8f',
}
