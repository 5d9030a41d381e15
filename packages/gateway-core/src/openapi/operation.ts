import type { Schema } from '../contract.ts'
import type { Described, Parameter, Reference } from './document.ts'
import { type Facts, isSafe, isTagged, needsUser } from './facts.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { responsesOf } from './responses.ts'

export const parameters: Readonly<Record<string, Parameter>> = {
  Csrf: {
    name: 'X-CSRF',
    in: 'header',
    required: true,
    description: 'No form of another site can set it.',
    schema: { type: 'string', const: '1' },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description:
      'The number of the last item that the client had: what is newer comes. An `EventSource` sends it by itself.',
    schema: { type: 'integer', minimum: 0 },
  },
  After: {
    name: 'after',
    in: 'query',
    description: 'The same as `Last-Event-ID`, for a first request; that header goes before it.',
    schema: { type: 'integer', minimum: 0 },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of what the client has.',
    schema: { type: 'string' },
  },
}

/** Headers that OpenAPI describes elsewhere and forbids as parameters. */
const described = new Set(['accept', 'content-type', 'authorization'])

/** `GET /api/orders/:id` as `/api/orders/{id}`. */
export const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}')

/** `GET /api/orders/:id` as `getApiOrdersById`. Depends on the key only. */
export const operationIdOf = ({ method, path }: Pick<Facts, 'method' | 'path'>): string =>
  method.toLowerCase() +
  path
    .replaceAll(':', 'by-')
    .split(/\W+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

export function describe(facts: Facts): Described {
  const { operation, tag, security } = facts
  const { summary, deprecated, body, errors } = operation
  const taken = parametersOf(facts)
  return {
    operationId: operationIdOf(facts),
    tags: [tag],
    ...(summary !== undefined && { summary }),
    ...(deprecated !== undefined && { deprecated: true, 'x-deprecated-since': deprecated.since }),
    ...(deprecated?.sunset !== undefined && { 'x-sunset': deprecated.sunset }),
    ...(deprecated?.link !== undefined && { externalDocs: { url: deprecated.link } }),
    security: needsUser(facts) ? [{ [security]: [] }] : [],
    ...(taken.length > 0 && { parameters: taken }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: jsonSchemaOf(body, 'input') } } },
    }),
    responses: responsesOf(facts),
    ...(errors !== undefined && { 'x-errors': errors }),
  }
}

function parametersOf(facts: Facts): readonly (Parameter | Reference)[] {
  const { path, operation, security } = facts
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  const known = membersOf(operation.params, 'path')
  const inPath = names.map((name): Parameter => ({
    name,
    in: 'path',
    schema: { type: 'string' },
    ...known.find((one) => one.name === name),
    required: true,
  }))
  return [
    ...inPath,
    ...membersOf(operation.query, 'query'),
    ...membersOf(operation.headers, 'header').filter(({ name }) => !described.has(name)),
    ...(security === 'session' && !isSafe(facts) ? [reference('Csrf')] : []),
    ...(operation.streams === 'numbered' ? [reference('LastEventId'), reference('After')] : []),
    ...(isTagged(facts) ? [reference('IfNoneMatch')] : []),
  ]
}

const reference = (name: string): Reference => ({ $ref: `#/components/parameters/${name}` })

/** One parameter per member of a schema. */
function membersOf(schema: Schema | undefined, place: Parameter['in']): readonly Parameter[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input')
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    ...(required.includes(name) && { required: true }),
    ...(description !== undefined && { description }),
    schema: rest,
  }))
}
