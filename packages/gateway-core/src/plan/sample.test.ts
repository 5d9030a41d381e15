import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { sampleOf } from './sample.ts'

describe('sampleOf', () => {
  it('has every member, and lists of items that differ', async () => {
    const shape = z.object({
      id: z.string(),
      nick: z.string().optional(),
      born: z.iso.date().nullable(),
      lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1).max(20) })),
      tags: z.record(z.string(), z.boolean()),
    })
    expect(await sampleOf(shape)).toEqual({
      id: 'id-1',
      nick: 'nick-1',
      born: '2027-01-31',
      lines: [
        { sku: 'sku-1', quantity: 1 },
        { sku: 'sku-2', quantity: 2 },
      ],
      tags: { key: true },
    })
    expect(((await sampleOf(shape, 3)) as { lines: unknown[] }).lines).toHaveLength(3)
  })

  it.each([
    ['a pattern', z.string().regex(/^[\w-]{8,64}$/)],
    ['a pattern of digits', z.string().regex(/^\d{16}$/)],
    ['a size', z.string().min(20).max(30)],
    ['an address', z.email()],
    ['an id', z.uuid()],
    ['a date and time', z.iso.datetime()],
    ['a range', z.int().min(10).max(12)],
    ['steps', z.number().gt(1).multipleOf(5)],
    ['one of some', z.enum(['a', 'b'])],
    ['one of two', z.union([z.null(), z.object({ id: z.uuid() })])],
    ['one by its kind', z.discriminatedUnion('kind', [z.object({ kind: z.literal('x'), x: z.int() })])],
    ['two at once', z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() }))],
    ['a pair', z.tuple([z.string(), z.int()])],
    ['at least three', z.array(z.string()).min(3)],
    ['at most one', z.array(z.string()).max(1)],
  ])('is taken by its own schema: %s', async (_, shape) => {
    const found = await sampleOf(shape)
    expect(shape.safeParse(found)).toMatchObject({ success: true })
  })

  it('is what the reader of the schema sees: coerced, with defaults, and changed', async () => {
    const query = z.object({
      limit: z.coerce.number<number>().int().default(20),
      ids: z.union([z.array(z.string()), z.string().transform((one) => [one])]),
      page: z.string().transform((text) => text.length),
    })
    expect(await sampleOf(query)).toEqual({ limit: 20, ids: ['ids-1', 'ids-2'], page: 6 })
  })

  it('ends in a shape that holds itself', async () => {
    const Tree = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree)
      },
    })
    expect(Tree.safeParse(await sampleOf(Tree)).success).toBe(true)
  })

  it('is undefined where there is no schema, or one that cannot say what it takes', async () => {
    expect(await sampleOf(undefined)).toBeUndefined()
    const dumb = { '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) } } as const
    expect(await sampleOf(dumb)).toBeUndefined()
  })
})
