import { freeName } from './free-name.ts'
import { type JsonSchema, mapSchemas } from './json-schema.ts'

interface Counted {
  times: number
  /** Its names where it occurs, with their counts. */
  readonly names: Map<string, number>
}

/**
 * Schemas that occur more than once, each under a unique name: its `title`, or its most frequent name. First every
 * schema is counted, then each is replaced by itself or by a reference.
 */
export class Shelf {
  readonly #counted = new Map<string, Counted>()
  readonly #shelved: Map<string, JsonSchema>
  readonly #names = new Map<string, string>()

  constructor(always: Readonly<Record<string, JsonSchema>>) {
    this.#shelved = new Map(Object.entries(always))
  }

  /** `name`: its name at this place; empty for none. */
  count(schema: JsonSchema, name: string): JsonSchema {
    if (isWorthIt(schema)) {
      const text = JSON.stringify(schema)
      const counted = this.#counted.get(text) ?? { times: 0, names: new Map<string, number>() }
      counted.times++
      counted.names.set(name, (counted.names.get(name) ?? 0) + 1)
      this.#counted.set(text, counted)
    }
    return mapSchemas(schema, (inner, at) => this.count(inner, at.name ?? (at.many ? singular(name) : name)))
  }

  /** Definitions that a schema brings along, e.g. recursive ones, are always shelved. */
  place(schema: JsonSchema): JsonSchema {
    const { $defs, ...rest } = schema
    if ($defs === undefined) return this.#lean(schema)
    // A definition's meaning depends on those it refers to.
    const all = JSON.stringify($defs)
    const moved = new Map(Object.keys($defs).map((name) => [`#/$defs/${name}`, this.#nameFor(`${name} ${all}`, name)]))
    const point = (one: JsonSchema): JsonSchema => {
      const pointed = mapSchemas(one, point)
      const name = moved.get(one.$ref ?? '')
      return name === undefined ? pointed : { ...pointed, $ref: refTo(name) }
    }
    for (const [name, one] of Object.entries($defs)) {
      this.#shelved.set(moved.get(`#/$defs/${name}`)!, this.#inside(point(one)))
    }
    return this.#lean(point(rest))
  }

  /** By name. */
  schemas(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#shelved].toSorted(([one], [other]) => (one < other ? -1 : 1)))
  }

  #lean(schema: JsonSchema): JsonSchema {
    const text = JSON.stringify(schema)
    const { times = 0, names } = this.#counted.get(text) ?? {}
    const wanted = schema.title ?? mostUsed(names)
    if (times < 2 || wanted === undefined) return this.#inside(schema)
    const name = this.#nameFor(text, wanted)
    if (!this.#shelved.has(name)) {
      this.#shelved.set(name, schema)
      this.#shelved.set(name, this.#inside(schema))
    }
    return { $ref: refTo(name) }
  }

  #inside(schema: JsonSchema): JsonSchema {
    return mapSchemas(schema, (inner) => this.#lean(inner))
  }

  #nameFor(text: string, wanted: string): string {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    const taken = new Set([...this.#shelved.keys(), ...this.#names.values()])
    const name = freeName(pascal(wanted), (tried) => taken.has(tried))
    this.#names.set(text, name)
    return name
  }
}

const refTo = (name: string): string => `#/components/schemas/${name}`

/** For one-line schemas, a name costs readers more than it saves. */
const isWorthIt = ({ properties, enum: values }: JsonSchema): boolean =>
  (properties !== undefined && Object.keys(properties).length > 0) || (values !== undefined && values.length > 1)

/** Undefined if it has no name anywhere: a whole response stays inline. */
const mostUsed = (names: ReadonlyMap<string, number> = new Map()): string | undefined =>
  [...names]
    .filter(([name]) => name !== '')
    .toSorted(([one, times], [other, more]) => more - times || (one < other ? -1 : 1))
    .at(0)?.[0]

const singular = (name: string): string => name.replace(/ies$/, 'y').replace(/(?<!s)s$/, '')

const pascal = (name: string): string =>
  name
    .split(/\W+|_+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('') || 'Schema'
