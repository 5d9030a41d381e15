import type { JsonSchema } from './json-schema.ts'

/** The parts of OpenAPI 3.1 that are generated here and read when comparing documents. */
export interface Document {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: Components
  /** Every code in the document. */
  readonly 'x-problems': Readonly<Record<string, Explained>>
}

export interface Components {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  readonly responses: Readonly<Record<string, Response>>
  readonly parameters: Readonly<Record<string, Parameter>>
  readonly headers: Readonly<Record<string, Header>>
  readonly securitySchemes: Readonly<Record<string, object>>
}

export interface Reference {
  readonly $ref: string
}

/** An operation. */
export interface Described {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary?: string
  readonly deprecated?: true
  /** Dates in the form `2027-01-31T00:00:00Z`. */
  readonly 'x-deprecated-since'?: string
  readonly 'x-sunset'?: string
  readonly externalDocs?: { readonly url: string }
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly (Parameter | Reference)[]
  readonly requestBody?: { readonly required: true; readonly content: Content }
  /** By status. `default` covers refusals before the operation is reached. */
  readonly responses: Readonly<Record<string, Response | Reference>>
  /** Problems declared by the operation, with their statuses. */
  readonly 'x-errors'?: Readonly<Record<string, number>>
}

export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

export interface Header {
  readonly description: string
  readonly schema: JsonSchema
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, Reference>>
  readonly content?: Content
}

export interface Explained {
  readonly statuses: readonly number[]
  readonly meaning: string
  /** Whether the same request may succeed later. */
  readonly again?: boolean
}

/** Resolves a JSON pointer into the document: `#/components/schemas/Price`. Throws a `TypeError` for a dangling one. */
export function lookUp(document: Document, $ref: string): unknown {
  let found: unknown = document
  for (const step of $ref.slice(2).split('/')) {
    found = (found as Readonly<Record<string, unknown>>)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
    if (found === undefined) throw new TypeError(`${$ref} points nowhere`)
  }
  return found
}

/** The object itself, or the component it refers to. */
export const resolve = <T extends object>(document: Document, one: T | Reference): T =>
  '$ref' in one ? (lookUp(document, one.$ref) as T) : one
