import { describe, expect, it } from '@jest/globals'
import { catalogAt } from './catalog.ts'

describe('catalogAt', () => {
  it.each(['.', '..'])('never asks for %p, which would be another path', async (id) => {
    const product = catalogAt('http://127.0.0.1:1')
    await expect(product(id, '0'.repeat(32))).rejects.toMatchObject({ status: 404, code: 'product-not-found' })
  })
})
