import type { JsonSchema } from './json-schema.ts'

/** What of OpenAPI 3.1 is printed here, and read again when two documents are compared. */
export interface Document {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: Components
  /** Every code that the document mentions. */
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
  /** Dates like `2027-01-31T00:00:00Z`. */
  readonly 'x-deprecated-since'?: string
  readonly 'x-sunset'?: string
  readonly externalDocs?: { readonly url: string }
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly (Parameter | Reference)[]
  readonly requestBody?: { readonly required: true; readonly content: Content }
  /** By status. `default` is what is refused before the operation is reached. */
  readonly responses: Readonly<Record<string, Response | Reference>>
  /** The problems that the operation itself declares, and their statuses. */
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
  /** Whether the same request, sent again later, may succeed. */
  readonly again?: boolean
}

/** What a JSON pointer of a document leads to: `#/components/schemas/Price`. Throws a `TypeError` where it leads nowhere. */
export function lookUp(document: Document, $ref: string): unknown {
  let found: unknown = document
  for (const step of $ref.slice(2).split('/')) {
    found = (found as Readonly<Record<string, unknown>>)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
    if (found === undefined) throw new TypeError(`${$ref} leads nowhere`)
  }
  return found
}

/** The thing itself, where it may be a reference to one of the document's components. */
export const resolve = <T extends object>(document: Document, one: T | Reference): T =>
  '$ref' in one ? (lookUp(document, one.$ref) as T) : one
