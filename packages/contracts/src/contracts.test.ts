import { describe, expect, it } from '@jest/globals'
import type { Operation } from '@bff/gateway-core/contract'
import { catalog } from './catalog.ts'
import { limit, many } from './common.ts'
import { customers } from './customers.ts'
import { mobile } from './mobile.ts'
import { orders } from './orders.ts'
import { reviews } from './reviews.ts'
import { web } from './web.ts'

const contracts = { catalog, customers, orders, reviews, web, mobile }

const operations = Object.entries(contracts).flatMap(([name, contract]) =>
  Object.entries(contract).map(([key, operation]): [string, string, Operation] => [name, key, operation]),
)

describe('every contract', () => {
  it.each(operations)('%s: %s is well formed', (_, key, operation) => {
    expect(key).toMatch(/^(?:GET|POST|PUT|DELETE) (?:\/(?::\w+|[\w.-]+))+$/)
    for (const [code, status] of Object.entries(operation.errors ?? {})) {
      expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
      expect(status).toBeGreaterThanOrEqual(400)
    }
    expect(operation.body === undefined || !key.startsWith('GET')).toBe(true)
  })

  it('gives one problem code one status', () => {
    const statuses = new Map<string, Set<number>>()
    for (const [, , { errors = {} }] of operations) {
      for (const [code, status] of Object.entries(errors))
        statuses.set(code, (statuses.get(code) ?? new Set()).add(status))
    }
    expect([...statuses].filter(([, seen]) => seen.size > 1)).toEqual([])
  })

  it('lets every error of a service that a BFF calls through reach the client by name', () => {
    const codes = (contract: object) =>
      Object.values(contract).flatMap(({ errors = {} }: Operation) => Object.keys(errors))
    const known = new Set([...codes(catalog), ...codes(customers), ...codes(orders), ...codes(reviews)])
    for (const code of [...codes(web), ...codes(mobile)]) expect(known).toContain(code)
  })
})

describe('query parameters', () => {
  it('may stand once or several times', () => {
    expect(many(3).parse('a')).toEqual(['a'])
    expect(many(3).parse(['a', 'b'])).toEqual(['a', 'b'])
    expect(many(3).safeParse(['a', 'b', 'c', 'd']).success).toBe(false)
    expect(many(3).safeParse('').success).toBe(false)
  })

  it('keep a page within its bounds', () => {
    expect(limit(20, 100).parse(undefined)).toBe(20)
    expect(limit(20, 100).parse('100')).toBe(100)
    for (const wrong of ['0', '101', '1.5', 'x', '']) expect(limit(20, 100).safeParse(wrong).success).toBe(false)
  })
})
