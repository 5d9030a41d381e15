import { STATUS_CODES } from 'node:http'
import type { Components, Content, Described, Document, Parameter, Reference, Response } from './document.ts'
import { freeName } from './free-name.ts'
import type { JsonSchema } from './json-schema.ts'
import { parameters } from './operation.ts'
import { headers, problemSchema } from './responses.ts'
import { Shelf } from './shelf.ts'

/** The same paths with references in place of repeated schemas, and the referenced components. */
export function components(paths: Document['paths']): {
  readonly paths: Document['paths']
  readonly parts: Omit<Components, 'securitySchemes'>
} {
  const shelf = new Shelf({ Problem: problemSchema })
  eachSchema(paths, (schema, name) => shelf.count(schema, name))
  const lean = eachSchema(paths, (schema) => shelf.place(schema))
  const { responses, paths: leaner } = shareResponses(lean)
  return { paths: leaner, parts: { schemas: shelf.schemas(), responses, parameters: usedIn(paths), headers } }
}

function usedIn(paths: Document['paths']): Readonly<Record<string, Parameter>> {
  const text = JSON.stringify(paths)
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => text.includes(`"#/components/parameters/${name}"`)),
  )
}

type MapSchema = (schema: JsonSchema, name: string) => JsonSchema

const eachSchema = (paths: Document['paths'], map: MapSchema): Document['paths'] =>
  mapOperations(paths, (operation) => {
    const { parameters: taken, requestBody: body, responses } = operation
    return {
      ...operation,
      ...(taken && { parameters: taken.map((one) => inParameter(one, map)) }),
      ...(body && { requestBody: { ...body, content: inContent(body.content, map) } }),
      responses: mapValues(responses, (response) =>
        '$ref' in response || response.content === undefined
          ? response
          : { ...response, content: inContent(response.content, map) },
      ),
    }
  })

const inParameter = (one: Parameter | Reference, map: MapSchema): Parameter | Reference =>
  '$ref' in one ? one : { ...one, schema: map(one.schema, one.name) }

/** A response's own constraints on `Problem` belong to it; the response is shared as a whole. */
const inContent = (content: Content, map: MapSchema): Content =>
  mapValues(content, ({ schema }, type) => ({
    schema: type === 'application/problem+json' ? schema : map(schema, ''),
  }))

function shareResponses(paths: Document['paths']): Pick<Components, 'responses'> & { paths: Document['paths'] } {
  const times = new Map<string, number>()
  const textOf = (response: unknown): string => JSON.stringify(response)
  mapOperations(paths, (operation) => {
    for (const text of Object.values(operation.responses).map(textOf)) times.set(text, (times.get(text) ?? 0) + 1)
    return operation
  })
  const names = new Map<string, string>()
  const responses: Record<string, Response> = {}
  const share = (response: Response | Reference, status: string): Response | Reference => {
    const text = textOf(response)
    if ('$ref' in response || times.get(text)! < 2 || status.startsWith('2')) return response
    const name = names.get(text) ?? freeName(nameOf(status), (taken) => Object.hasOwn(responses, taken))
    names.set(text, name)
    responses[name] = response
    return { $ref: `#/components/responses/${name}` }
  }
  const lean = mapOperations(paths, (operation) => ({ ...operation, responses: mapValues(operation.responses, share) }))
  return { paths: lean, responses }
}

const nameOf = (status: string): string => (STATUS_CODES[status] ?? 'Refused').replaceAll(/\W/g, '')

const mapValues = <T, R>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => R) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))

const mapOperations = (paths: Document['paths'], change: (operation: Described) => Described): Document['paths'] =>
  mapValues(paths, (methods) => mapValues(methods, change))
