import { typesOf, valuesOf } from './branches.ts'
import { anchor, html, type Markup, prose } from './html.ts'
import type { JsonSchema } from './json-schema.ts'

/** A schema for readers: its type, its limits, its members one per line; named ones are links. */
export const shape = (schema: JsonSchema): Markup => {
  const { $ref, anyOf, oneOf, allOf, description } = schema
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1)!
    return html`<a class="type" href="#shape-${anchor(name)}">${name}</a>`
  }
  const union = anyOf ?? oneOf
  if (union !== undefined) return alternatives('one of', union)
  if (allOf !== undefined) return alternatives('all of', allOf)
  const note = description !== undefined && html`<span class="note">${prose(description)}</span>`
  return html`${typed(schema)} ${note} ${members(schema)}`
}

const kind = (word: string): Markup => html`<span class="type">${word}</span>`

const alternatives = (word: string, schemas: readonly JsonSchema[]): Markup =>
  html`${kind(word)}
    <ul class="shape">
      ${schemas.map((one) => html`<li>${shape(one)}</li>`)}
    </ul>`

const limits = [
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'pattern',
  'default',
] as const

function typed(schema: JsonSchema): Markup {
  const said = limits
    .filter((key) => schema[key] !== undefined)
    .map((key) => `${words(key)} ${JSON.stringify(schema[key])}`)
  const limit = said.length > 0 && html`<span class="limit">${said.join(', ')}</span>`
  const values = valuesOf(schema)
  if (values !== undefined) {
    return html`${kind(values.length === 1 ? 'always' : 'one of')}
    ${values.map((value) => html`<code>${JSON.stringify(value)}</code> `)} ${limit}`
  }
  const types = typesOf(schema)
  const format = schema.format === undefined ? '' : ` (${schema.format})`
  return html`${kind(types.length > 5 ? 'anything' : types.join(' or ') + format)} ${limit}`
}

const words = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** Marks optional members. */
export const maybe = (required: boolean | undefined): Markup | false =>
  required !== true && html`<span class="maybe" title="may be absent">?</span>`

function members({
  properties = {},
  required = [],
  items,
  additionalProperties: rest,
}: JsonSchema): Markup | undefined {
  const named = Object.entries(properties).map(([name, schema]) =>
    member(html`<code class="name">${name}</code>${maybe(required.includes(name))}`, schema),
  )
  const all = [
    ...named,
    ...(items === undefined ? [] : [member(html`each`, items)]),
    ...(typeof rest === 'object' ? [member(html`each name`, rest)] : []),
  ]
  if (all.length === 0) return undefined
  return html`<ul class="shape">
    ${all}
  </ul>`
}

const member = (name: Markup, schema: JsonSchema): Markup => html`<li>${name} ${shape(schema)}</li>`
