import { describe, expect, it } from '@jest/globals'
import { faultSwitch } from './faults.ts'

describe('a route', () => {
  it.each([
    ['*', 'DELETE', '/anything/at/all', true],
    ['GET /products', 'GET', '/products', true],
    ['GET /products', 'HEAD', '/products', false],
    ['GET /products', 'GET', '/products/1', false],
    ['GET /products/:id', 'GET', '/products/1', true],
    ['GET /products/:id', 'GET', '/products/1/2', false],
    ['GET /products/:id/reviews', 'GET', '/products/1/reviews', true],
    ['POST /shop.inventory.v1.Inventory/GetStock', 'POST', '/shop.inventory.v1.Inventory/GetStock', true],
    ['POST /shop.inventory.v1.Inventory/GetStock', 'POST', '/shop-inventory-v1-Inventory/GetStock', false],
  ])('%s and %s %s: %s', async (route, method, path, matches) => {
    const faults = faultSwitch()
    faults.set([{ route, mode: 'hang' }])
    expect(await faults.decide(method, path)).toBe(matches ? 'hang' : 'pass')
  })
})

describe('what shall go wrong', () => {
  it('is nothing until it is said, and again once it is cleared', async () => {
    const faults = faultSwitch()
    expect(await faults.decide('GET', '/')).toBe('pass')
    faults.set([{ mode: 'reset' }])
    expect(await faults.decide('GET', '/')).toBe('reset')
    faults.clear()
    expect(await faults.decide('GET', '/')).toBe('pass')
    expect(faults.active).toEqual([])
  })

  it('is an error as often as it is said', async () => {
    const rolls = [0.1, 0.19, 0.2, 0.9].flatMap((roll) => [0, roll])
    const faults = faultSwitch(() => rolls.shift()!)
    faults.set([{ errorRate: 0.2, status: 503 }])
    const verdicts = [1, 2, 3, 4].map(() => faults.decide('GET', '/'))
    expect(await Promise.all(verdicts)).toEqual([{ status: 503 }, { status: 503 }, 'pass', 'pass'])
  })

  it('waits for the latency and its share of the jitter first', async () => {
    const faults = faultSwitch(() => 0.5)
    faults.set([{ latency: 20, jitter: 40 }, { mode: 'truncate' }])
    const start = performance.now()
    expect(await faults.decide('GET', '/')).toBe('truncate')
    expect(performance.now() - start).toBeGreaterThanOrEqual(38)
  })

  it.each([[{ latency: -1 }], [{ errorRate: 2 }], [{ status: 200 }], [{ mode: 'explode' }], [{ errorrate: 1 }]])(
    'must make sense: %j does not, and changes nothing',
    async (fault) => {
      const faults = faultSwitch()
      faults.set([{ mode: 'hang' }])
      expect(() => faults.set([fault as object])).toThrow()
      expect(faults.active).toMatchObject([{ mode: 'hang' }])
    },
  )
})
