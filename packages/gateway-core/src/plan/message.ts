import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf'

const deepest = 3

/**
 * An example message: every field, the first of each `oneof`, maps of one entry, lists of `items` distinct items.
 * Deterministic.
 */
export function messageOf(shape: DescMessage, items = 2, nth = 1, depth = 0): Message {
  const taken = new Set<string>()
  const members: Record<string, unknown> = {}
  for (const field of shape.fields) {
    const value = valueOf(field, items, nth, depth)
    const choice = field.oneof?.localName
    if (value === undefined || (choice !== undefined && taken.has(choice))) continue
    if (choice === undefined) members[field.localName] = value
    else members[choice] = { case: field.localName, value }
    if (choice !== undefined) taken.add(choice)
  }
  return create(shape, members)
}

function valueOf(field: DescField, items: number, nth: number, depth: number): unknown {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar, field.localName, nth)
    case 'enum':
      return (field.enum.values[1] ?? field.enum.values[0])?.number
    case 'message':
      return depth < deepest ? messageOf(field.message, items, nth, depth + 1) : undefined
    case 'list':
      return depth < deepest ? Array.from({ length: items }, (_, i) => itemOf(field, items, i + 1, depth)) : []
    default:
      return depth < deepest ? { [keyOf(field)]: itemOf(field, items, nth, depth) } : {}
  }
}

const keyOf = ({ mapKey }: DescField & { readonly fieldKind: 'map' }): string =>
  mapKey === ScalarType.STRING ? 'key' : '1'

type Many = DescField & { readonly fieldKind: 'list' | 'map' }

function itemOf(field: Many, items: number, nth: number, depth: number): unknown {
  if (field.scalar !== undefined) return scalar(field.scalar, field.localName, nth)
  if (field.enum !== undefined) return field.enum.values[0]?.number
  return messageOf(field.message, items, nth, depth + 1)
}

const large: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
  ScalarType.SINT64,
])

function scalar(type: ScalarType, name: string, nth: number): unknown {
  if (type === ScalarType.STRING) return `${name}-${nth}`
  if (type === ScalarType.BOOL) return true
  if (type === ScalarType.BYTES) return new Uint8Array([nth])
  return large.has(type) ? BigInt(nth) : nth
}
