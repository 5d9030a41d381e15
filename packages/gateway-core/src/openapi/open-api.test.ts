import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract } from '../contract.ts'
import { problemTypes } from '../problem-types.ts'
import { codesOf } from './docs-operation.ts'
import { type Document, lookUp, type Parameter, resolve, type Response } from './document.ts'
import type { JsonSchema } from './json-schema.ts'
import { openApi } from './open-api.ts'

const Price = z.object({ amount: z.int(), currency: z.string() })
const Colour = z.enum(['red', 'green'])
interface Node {
  readonly name: string
  readonly inside: readonly Node[]
}
const Node: z.ZodType<Node> = z.object({
  name: z.string(),
  get inside() {
    return z.array(Node)
  },
})

const contract = {
  'GET /v1/things': {
    summary: 'Things, page by page',
    auth: 'open',
    query: z.object({
      cursor: z.string().min(1).optional(),
      limit: z.coerce.number<number>().int().min(1).max(50).default(20),
      colours: z.array(Colour).optional(),
    }),
    out: z.object({ items: z.array(z.object({ id: z.string(), price: Price, colour: Colour })) }),
    stale: ['things'],
  },
  'GET /v1/things/:id': {
    out: z.object({ id: z.string(), price: Price, colour: Colour, made: z.iso.datetime().nullable() }),
    optional: ['price'],
    stale: ['price', 'thing'],
    errors: { 'thing-not-found': 404 },
  },
  'PUT /v1/things/:id': {
    params: z.object({
      id: z
        .string()
        .regex(/^t\d+$/)
        .describe('As it was answered.'),
    }),
    headers: z.object({ 'idempotency-key': z.string(), 'content-type': z.string() }),
    body: z.object({ colour: Colour.optional(), price: Price.default({ amount: 1, currency: 'EUR' }) }),
    status: 201,
    out: z.object({ id: z.string() }),
    errors: { 'thing-taken': 409, 'too-red': 422 },
  },
  'DELETE /v1/things/:id': {
    deprecated: { since: '2027-01-31T00:00:00Z', sunset: '2027-07-31T00:00:00Z', link: 'https://example.com/gone' },
  },
  'GET /v1/tree': { auth: 'open', out: z.object({ root: Node }) },
  'POST /v1/either': {
    out: z.discriminatedUnion('ok', [
      z.object({ ok: z.literal(true), price: Price }),
      z.object({ ok: z.literal(false) }),
    ]),
    optional: ['price'],
  },
} as const satisfies Contract

const own = { 'GET /own': { auth: 'open', out: z.object({ who: z.string().nullable() }) } } as const satisfies Contract

const session = openApi(contract, { title: 'Things', version: '1.0.0', security: 'session', extra: { account: own } })
const bearer = openApi(contract, { title: 'Things', version: '1.0.0', security: 'bearer', floor: true })

const operation = (document: Document, method: string, path: string) => document.paths[path]![method]!
const parametersOf = (document: Document, method: string, path: string) =>
  (operation(document, method, path).parameters ?? []).map((one) => resolve<Parameter>(document, one))
const response = (document: Document, method: string, path: string, status: number | string) =>
  resolve<Response>(document, operation(document, method, path).responses[status]!)
const answerOf = (document: Document, method: string, path: string, status = 200): JsonSchema =>
  response(document, method, path, status).content!['application/json']!.schema
const statusesOf = (document: Document, method: string, path: string) =>
  Object.keys(operation(document, method, path).responses)

describe.each([
  ['by session', session],
  ['by bearer token', bearer],
])('a document, %s', (_, document) => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => [`${method} ${path}`, path, described] as const),
  )

  it('has references that lead somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!)
    expect(references.length).toBeGreaterThan(10)
    for (const target of references) expect(lookUp(document, target)).toBeInstanceOf(Object)
  })

  it('names components and operations as OpenAPI wants them: in its letters, each once', () => {
    const { securitySchemes: _, ...components } = document.components
    for (const name of Object.values(components).flatMap((group) => Object.keys(group))) {
      expect(name).toMatch(/^[\w.-]+$/)
    }
    const ids = operations.map(([, , { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]\w+$/)
  })

  it.each(operations)('%s has its path parameters, required, and none twice', (_, path, described) => {
    const all = (described.parameters ?? []).map((one) => resolve<Parameter>(document, one))
    const inPath = all.filter((one) => one.in === 'path')
    expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    expect(inPath.every(({ required }) => required)).toBe(true)
    const keys = all.map((one) => `${one.in} ${one.name.toLowerCase()}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(all.every(({ schema }) => typeof schema === 'object')).toBe(true)
  })

  it.each(operations)('%s has one success, described answers, known tags and schemes', (_, __, described) => {
    const { responses, tags, security } = described
    expect(Object.keys(responses).filter((status) => status.startsWith('2'))).toHaveLength(1)
    for (const [status, one] of Object.entries(responses)) {
      expect(status).toMatch(/^[1-5]\d\d$|^default$/)
      expect(resolve<Response>(document, one).description).not.toBe('')
    }
    expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining([...tags]))
    for (const scheme of security.flatMap((one) => Object.keys(one))) {
      expect(document.components.securitySchemes).toHaveProperty(scheme)
    }
  })

  it('P-4: explains every code that it mentions', () => {
    const codes = operations.flatMap(([, , { responses }]) =>
      Object.values(responses).flatMap((one) => codesOf(resolve<Response>(document, one))),
    )
    expect(new Set(codes)).toEqual(new Set(Object.keys(document['x-problems'])))
    expect(document['x-problems']['validation']!.meaning).toBe(problemTypes['validation']!.meaning)
    expect(document['x-problems']['thing-taken']).toEqual({ statuses: [409], meaning: 'Thing taken.' })
  })
})

describe('what a document says', () => {
  it('shares what operations refuse, and shows where it is what they answer', () => {
    const same = { out: z.object({ id: z.string() }) }
    const { components } = openApi({ 'GET /a': same, 'GET /b': same }, { title: '', version: '', security: 'bearer' })
    expect(Object.keys(components.responses)).toEqual(
      expect.arrayContaining(['Unauthorized', 'NotModified', 'Refused']),
    )
    expect(components.responses).not.toHaveProperty('OK')
  })

  it('is the same each time', () => {
    const again = openApi(contract, { title: 'Things', version: '1.0.0', security: 'bearer', floor: true })
    expect(JSON.stringify(again)).toBe(JSON.stringify(bearer))
  })

  it('takes parameters from both the path and the schemas, with their limits', () => {
    expect(parametersOf(bearer, 'get', '/v1/things')).toEqual([
      { name: 'cursor', in: 'query', schema: { type: 'string', minLength: 1 } },
      { name: 'limit', in: 'query', schema: { default: 20, type: 'integer', minimum: 1, maximum: 50 } },
      { name: 'colours', in: 'query', schema: { type: 'array', items: { $ref: '#/components/schemas/Colour' } } },
      expect.objectContaining({ name: 'If-None-Match', in: 'header' }),
    ])
    expect(parametersOf(bearer, 'put', '/v1/things/{id}')).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'As it was answered.',
        schema: { type: 'string', pattern: '^t\\d+$' },
      },
      { name: 'idempotency-key', in: 'header', required: true, schema: { type: 'string' } },
    ])
  })

  it('asks for the header X-CSRF exactly where a cookie proves who calls and the method is unsafe', () => {
    const asks = (document: Document, method: string, path: string) =>
      parametersOf(document, method, path).some(({ name, required }) => name === 'X-CSRF' && required)
    expect(asks(session, 'put', '/v1/things/{id}')).toBe(true)
    expect(asks(session, 'delete', '/v1/things/{id}')).toBe(true)
    expect(asks(session, 'get', '/v1/things/{id}')).toBe(false)
    expect(asks(bearer, 'put', '/v1/things/{id}')).toBe(false)
  })

  it('describes a body as it is sent: what has a default may be absent', () => {
    const { schema } = operation(bearer, 'put', '/v1/things/{id}').requestBody!.content['application/json']!
    expect(schema.required).toBeUndefined()
    expect(Object.keys(schema.properties!)).toEqual(['colour', 'price'])
  })

  it('describes an answer as it is read: open for new members, without the bounds of safe integers', () => {
    const answer = answerOf(bearer, 'get', '/v1/things/{id}')
    expect(answer).not.toHaveProperty('additionalProperties')
    expect(answer.properties!['made']).toEqual({ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] })
    expect(bearer.components.schemas['Price']).toEqual({
      type: 'object',
      properties: { amount: { type: 'integer' }, currency: { type: 'string' } },
      required: ['amount', 'currency'],
    })
  })

  it('tells of each part exactly what may be said of it', () => {
    const { properties, required } = answerOf(bearer, 'get', '/v1/things/{id}')
    expect(required).toContain('meta')
    expect(properties!['meta']!.properties!['parts']).toMatchObject({
      properties: { price: { enum: ['ok', 'stale', 'fallback'] }, thing: { $ref: '#/components/schemas/OkOrStale' } },
      required: ['price', 'thing'],
    })
    expect(bearer.components.schemas['OkOrStale']!.enum).toEqual(['ok', 'stale'])
    const either = answerOf(bearer, 'post', '/v1/either')
    expect(either.allOf![1]).toMatchObject({
      properties: { meta: { properties: { parts: { properties: { price: { enum: ['ok', 'fallback'] } } } } } },
      required: ['meta'],
    })
  })

  it('makes a component of a recursive schema', () => {
    const root = answerOf(bearer, 'get', '/v1/tree').properties!['root']!
    const node = lookUp(bearer, root.$ref!) as JsonSchema
    expect(node.properties!['inside']!.items).toEqual(root)
  })

  it('keeps recursive schemas apart that only differ in what they refer to', () => {
    const leaf = (value: z.ZodType) => {
      const Leaf: z.ZodType = z.object({
        value,
        get next() {
          return Leaf
        },
      })
      const Tree: z.ZodType = z.object({
        leaf: Leaf,
        get inside() {
          return z.array(Tree)
        },
      })
      return { out: z.object({ tree: Tree }) }
    }
    const both = { 'GET /a': leaf(z.string()), 'GET /b': leaf(z.int()) }
    const document = openApi(both, { title: '', version: '', security: 'bearer' })
    const types = ['/a', '/b'].map((path) => {
      const follow = (schema: JsonSchema) =>
        schema.$ref === undefined ? schema : (lookUp(document, schema.$ref) as JsonSchema)
      const tree = follow(answerOf(document, 'get', path).properties!['tree']!)
      return follow(tree.properties!['leaf']!).properties!['value']!.type
    })
    expect(types).toEqual(['string', 'integer'])
  })

  it.each<[string, Document, string, string, string[]]>([
    [
      'open',
      session,
      'get',
      '/v1/things',
      ['200', '304', '400', '412', '422', '429', '500', '502', '503', '504', 'default'],
    ],
    [
      'for users',
      bearer,
      'post',
      '/v1/either',
      ['200', '400', '401', '403', '429', '500', '502', '503', '504', 'default'],
    ],
    [
      'with a body',
      session,
      'put',
      '/v1/things/{id}',
      ['201', '400', '401', '403', '409', '413', '415', '422', '429', '500', '502', '503', '504', 'default'],
    ],
    [
      'to be retired',
      bearer,
      'delete',
      '/v1/things/{id}',
      ['204', '400', '401', '403', '410', '429', '500', '502', '503', '504', 'default'],
    ],
    ['of the app itself', session, 'get', '/own', ['200', '400', '403', '429', '500', '503', 'default']],
  ])('answers what an operation %s can answer, and no more', (_, document, method, path, statuses) => {
    expect(statusesOf(document, method, path)).toEqual(statuses)
  })

  it.each<[string, Document, string, string, number, string[]]>([
    ['declared and common ones', bearer, 'put', '/v1/things/{id}', 422, ['too-red', 'validation']],
    ['of a session', session, 'delete', '/v1/things/{id}', 401, ['session-required', 'session-expired']],
    ['of a token', bearer, 'delete', '/v1/things/{id}', 401, ['token-missing', 'token-invalid']],
    ['of a floor', bearer, 'get', '/v1/things', 403, ['app-update-required']],
    ['of no body', bearer, 'delete', '/v1/things/{id}', 400, ['unexpected-body']],
    ['of a body', bearer, 'put', '/v1/things/{id}', 400, ['invalid-json']],
  ])('lists the codes of a status: %s', (_, document, method, path, status, codes) => {
    expect(codesOf(response(document, method, path, status))).toEqual(codes)
  })

  it('names the headers of answers', () => {
    const headersOf = (method: string, path: string, status: number) =>
      Object.keys(response(bearer, method, path, status).headers ?? {})
    expect(headersOf('get', '/v1/things', 200)).toEqual(['Cache-Control', 'Server-Timing', 'ETag'])
    expect(headersOf('put', '/v1/things/{id}', 201)).toEqual(['Cache-Control', 'Server-Timing', 'Location'])
    expect(headersOf('get', '/v1/things', 429)).toEqual(['Retry-After'])
  })

  it('D-2: says since when an operation is deprecated, and until when it answers', () => {
    expect(operation(bearer, 'delete', '/v1/things/{id}')).toMatchObject({
      deprecated: true,
      'x-deprecated-since': '2027-01-31T00:00:00Z',
      'x-sunset': '2027-07-31T00:00:00Z',
      externalDocs: { url: 'https://example.com/gone' },
    })
    const { headers } = response(bearer, 'delete', '/v1/things/{id}', 204)
    expect(Object.keys(headers!)).toEqual(expect.arrayContaining(['Deprecation', 'Sunset']))
  })

  it('groups operations by the first segment that tells them apart, and those of the app by their name', () => {
    expect(session.tags.map(({ name }) => name)).toEqual(['things', 'tree', 'either', 'account'])
    expect(operation(session, 'get', '/v1/things/{id}').operationId).toBe('getV1ThingsById')
  })

  it('names the operation whose schema cannot be printed', () => {
    const wrong = { 'GET /v1/odd': { out: z.object({ at: z.custom<symbol>() }).transform(() => Symbol('x')) } }
    expect(() => openApi(wrong, { title: '', version: '', security: 'bearer' })).toThrow(
      'GET /v1/odd cannot be described',
    )
  })

  it('asks for a library that prints JSON Schema', () => {
    const silent = { '~standard': { version: 1, vendor: 'silent', validate: (value: unknown) => ({ value }) } } as const
    expect(() => openApi({ 'GET /a': { out: silent } }, { title: '', version: '', security: 'bearer' })).toThrow(
      'silent cannot convert schemas to JSON Schema',
    )
  })
})
