import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract, Operation } from '../contract.ts'
import { breaking } from './breaking.ts'
import { openApi } from './open-api.ts'

const print = (contract: Contract, security: 'session' | 'bearer' = 'bearer') =>
  openApi(contract, { title: 'Things', version: '1.0.0', security })

const changes = (before: Contract, after: Contract) =>
  breaking(print(before), print(after)).map(({ where, what }) => `${where}: ${what}`)

const thing = (operation: Operation): Contract => ({ 'PUT /things/:id': operation })
const query = (schema: z.ZodType): Contract => thing({ query: z.object({ q: schema }) })
const body = (schema: z.ZodType): Contract => thing({ body: z.object({ b: schema }) })
const out = (schema: z.ZodType): Contract => thing({ out: z.object({ o: schema }) })

type Row = readonly [
  change: string,
  before: Contract,
  after: Contract,
  forth: string | undefined,
  back: string | undefined,
]

const text = z.string()
const anyone = { auth: 'open' } as const
const tree = (name: z.ZodType): z.ZodType => {
  const Node: z.ZodType = z.object({
    name,
    get inside() {
      return z.array(Node)
    },
  })
  return Node
}

/** The finding for a change, and for the same change reversed; `undefined`: compatible. */
const rows: readonly Row[] = [
  ['nothing', out(z.object({ a: text })), out(z.object({ a: text })), undefined, undefined],
  ['an operation', { ...thing({}), 'GET /more': {} }, thing({}), 'GET /more: It was removed.', undefined],
  ['the name of a path parameter', { 'GET /a/:id/b': {} }, { 'GET /a/:aId/b': {} }, undefined, undefined],
  ['another method', { 'PUT /a': {} }, { 'PATCH /a': {} }, 'It was removed.', 'It was removed.'],

  // What clients send
  ['a required parameter', thing({}), query(text), 'query q: It is now required.', undefined],
  ['an optional parameter', thing({}), query(text.optional()), undefined, undefined],
  ['a parameter that becomes required', query(text.optional()), query(text), 'query q: It is now required.', undefined],
  ['a parameter with a default', query(z.int().default(1)), query(z.int()), 'query q: It is now required.', undefined],
  [
    'a required header',
    thing({}),
    thing({ headers: z.object({ 'idempotency-key': text }) }),
    'header idempotency-key: It is now required.',
    undefined,
  ],
  ['a body', thing({}), body(text), 'body: A body is now required.', 'body: A body is now refused.'],
  [
    'a required member of a body',
    thing({ body: z.object({}) }),
    body(text),
    'body /b: Clients may send nothing; accepted is now a required value.',
    undefined,
  ],
  ['an optional member of a body', thing({ body: z.object({}) }), body(text.optional()), undefined, undefined],
  [
    'a member of a strict body',
    thing({ body: z.strictObject({ a: text.optional() }) }),
    thing({ body: z.strictObject({}) }),
    'body /a: Clients may send a value; accepted is now nothing.',
    undefined,
  ],
  [
    'a value of an enum that is sent',
    body(z.enum(['a', 'b'])),
    body(z.enum(['a'])),
    'body /b: Clients may send "b"; accepted is now "a".',
    undefined,
  ],
  ['a text that becomes an enum', query(text), query(z.enum(['a'])), 'may send string; accepted is now "a"', undefined],
  ['a minimum', query(z.int().min(1)), query(z.int().min(2)), 'minimum 1; accepted is now minimum 2', undefined],
  ['a maximum', query(z.int()), query(z.int().max(9)), 'any maximum; accepted is now maximum 9', undefined],
  ['a length', body(text.max(9)), body(text.max(5)), 'maxLength 9; accepted is now maxLength 5', undefined],
  ['a pattern', body(text.regex(/^a/)), body(text.regex(/^b/)), 'pattern "^a"', 'pattern "^b"'],
  ['a format', body(text), body(z.email()), 'any format; accepted is now format "email"', undefined],
  ['null that is sent', body(text.nullable()), body(text), 'may send null; accepted is now string', undefined],
  ['a whole number', body(z.number()), body(z.int()), 'may send number; accepted is now integer', undefined],
  ['how many are sent', body(z.array(text).max(9)), body(z.array(text).max(3)), 'maxItems 3', undefined],
  ['what is in an array', body(z.array(text)), body(z.array(z.int())), 'body /b/*: Clients may send string', '/b/*'],
  [
    'a union that is sent',
    body(z.union([text, z.int()])),
    body(text),
    'may send integer; accepted is now string',
    undefined,
  ],
  ['a path parameter', thing({}), thing({ params: z.object({ id: z.enum(['a']) }) }), 'path parameter 1', undefined],
  ['a record', body(z.record(text, z.number())), body(z.record(text, z.int())), 'body /b/*', undefined],

  // What clients get
  [
    'a member of an answer',
    out(z.object({ a: text, b: text })),
    out(z.object({ a: text })),
    'answer 200 /o/b: It may now be nothing; the promise was a required value.',
    undefined,
  ],
  [
    'an optional member of an answer',
    out(z.object({ a: text.optional() })),
    out(z.object({})),
    'answer 200 /o/a: It may now be nothing; the promise was an optional value.',
    undefined,
  ],
  ['a member that may be absent', out(text), out(text.optional()), 'It may now be nothing', undefined],
  ['null', out(text), out(text.nullable()), 'answer 200 /o: It may now be null; the promise was string.', undefined],
  ['the type of an answer', out(text), out(z.int()), 'It may now be integer', 'It may now be string'],
  [
    'a number that was whole',
    out(z.int()),
    out(z.number()),
    'It may now be number; the promise was integer',
    undefined,
  ],
  [
    'a value of an enum',
    out(z.enum(['a'])),
    out(z.enum(['a', 'b'])),
    'It may now be "b"; the promise was "a".',
    undefined,
  ],
  [
    'a value of an enum that was to grow',
    out(z.enum(['a']).meta({ 'x-extensible': true })),
    out(z.enum(['a', 'b']).meta({ 'x-extensible': true })),
    undefined,
    undefined,
  ],
  ['what an answer is a choice of', out(text), out(z.union([text, z.int()])), 'It may now be integer', undefined],
  [
    'a case of a union',
    out(z.discriminatedUnion('t', [z.object({ t: z.literal('a'), x: text })])),
    out(z.discriminatedUnion('t', [z.object({ t: z.literal('a'), x: text }), z.object({ t: z.literal('b') })])),
    'answer 200 /o',
    undefined,
  ],
  [
    'a member in one case of a union',
    out(
      z.discriminatedUnion('t', [z.object({ t: z.literal('a'), x: text, y: text }), z.object({ t: z.literal('b') })]),
    ),
    out(z.discriminatedUnion('t', [z.object({ t: z.literal('a'), y: text }), z.object({ t: z.literal('b') })])),
    'answer 200 /o/x: It may now be nothing',
    undefined,
  ],
  [
    'how a union is written down',
    out(text.nullable()),
    out(text.max(3).nullable()),
    undefined,
    '/o: It may now be any maxLength',
  ],
  ['what is deep in a tree', out(tree(text)), out(tree(z.int())), 'answer 200 /o/name', 'answer 200 /o/name'],
  ['a tree, in nothing', out(tree(text)), out(tree(text)), undefined, undefined],
  [
    'an answer',
    out(text),
    thing({}),
    'answer: Its success status was 200 and is now 204.',
    'answer: Its success status was 204 and is now 200.',
  ],
  [
    'the status',
    out(text),
    thing({ out: z.object({ o: text }), status: 201 }),
    'Its success status was 200 and is now 201',
    '201 and is now 200',
  ],
  [
    'a part that is told of',
    thing({ out: z.object({}), optional: ['stock', 'more'] }),
    thing({ out: z.object({}), optional: ['stock'] }),
    'answer 200 /meta/parts/more: It may now be nothing; the promise was a required value.',
    undefined,
  ],
  [
    'all parts that are told of',
    thing({ out: z.object({}), optional: ['stock'] }),
    thing({ out: z.object({}) }),
    'answer 200 /meta: It may now be nothing',
    undefined,
  ],
  [
    'what is said of a part',
    thing({ out: z.object({}), optional: ['stock'] }),
    thing({ out: z.object({}), optional: ['stock'], stale: ['stock'] }),
    'answer 200 /meta/parts/stock: It may now be "stale"; the promise was "ok" or "fallback".',
    undefined,
  ],

  // Problems and access
  ['a problem', thing({ errors: { gone: 404 } }), thing({}), 'problem gone: It is no longer answered.', undefined],
  [
    'the status of a problem',
    thing({ errors: { gone: 404 } }),
    thing({ errors: { gone: 410 } }),
    'problem gone: Its status was 404 and is now 410.',
    'problem gone: Its status was 410 and is now 404.',
  ],
  ['who may call', thing(anyone), thing({}), 'security: It now requires bearer.', undefined],
  ['that it is deprecated', thing({}), thing({ deprecated: { since: '2027-01-31T00:00:00Z' } }), undefined, undefined],
]

describe('breaking', () => {
  it.each(rows)('%s', (_, before, after, forth, back) => {
    for (const [found, said] of [
      [changes(before, after), forth],
      [changes(after, before), back],
    ] as const) {
      expect(found).toEqual(said === undefined ? [] : [expect.stringContaining(said)])
    }
  })

  it('says in which operation', () => {
    expect(changes(out(text), out(z.int()))[0]).toMatch(/^PUT \/things\/\{id\} answer 200/)
  })

  it('sees that a cookie takes the place of a token, and asks for a header', () => {
    const found = breaking(print(thing({}), 'bearer'), print(thing({}), 'session'))
    expect(found.map(({ where }) => where)).toEqual(['PUT /things/{id} header x-csrf', 'PUT /things/{id} security'])
  })

  it('D-4: lets an operation go once the sunset is over that clients were told of, not before', () => {
    const sunset = '2027-07-31T00:00:00Z'
    const told = print({ 'GET /a': {}, 'GET /b': { deprecated: { since: '2027-01-31T00:00:00Z', sunset } } })
    const gone = print({ 'GET /a': {} })
    expect(breaking(told, gone, () => Date.parse(sunset) - 1)).toHaveLength(1)
    expect(breaking(told, gone, () => Date.parse(sunset))).toEqual([])
  })

  it('compares the cases of a union with those they stand for', () => {
    const cases = (a: z.ZodRawShape) =>
      out(z.discriminatedUnion('t', [z.object({ t: z.literal('a'), ...a }), z.object({ t: z.literal('b') })]))
    expect(changes(cases({ x: text, y: text }), cases({}))).toEqual([
      expect.stringContaining('answer 200 /o/x: It may now be nothing'),
      expect.stringContaining('answer 200 /o/y: It may now be nothing'),
    ])
  })

  it('lists every change, not the first', () => {
    const before = out(z.object({ a: text, b: text, c: z.array(z.object({ d: text })) }))
    const after = out(z.object({ a: z.int(), c: z.array(z.object({ d: text.nullable() })) }))
    expect(changes(before, after).map((said) => said.split(': ')[0])).toEqual([
      'PUT /things/{id} answer 200 /o/a',
      'PUT /things/{id} answer 200 /o/b',
      'PUT /things/{id} answer 200 /o/c/*/d',
    ])
  })

  it('does not mind which schemas became components', () => {
    const price = () => z.object({ amount: z.int() })
    const one: Contract = { 'GET /a': { out: z.object({ price: price() }) } }
    const two: Contract = { ...one, 'GET /b': { out: z.object({ price: price(), total: price() }) } }
    expect(print(one).components.schemas).not.toHaveProperty('Price')
    expect(print(two).components.schemas).toHaveProperty('Price')
    expect(changes(one, two)).toEqual([])
  })
})
