import { describe, expect, it } from '@jest/globals'
import { fill } from './contract.ts'

describe('fill', () => {
  it('puts each path parameter into one encoded segment, and the rest into the query', () => {
    expect(fill('GET /orders/:id/lines/:n', { id: 'a/b ?', n: 2, q: 'x&y', ids: ['1', '2'], none: undefined })).toEqual(
      {
        method: 'GET',
        url: '/orders/a%2Fb%20%3F/lines/2?q=x%26y&ids=1&ids=2',
        body: undefined,
      },
    )
  })

  it.each([[''], ['.'], ['..'], [undefined]])('refuses %j as a path parameter', (id) => {
    expect(() => fill('GET /orders/:id', { id })).toThrow(TypeError)
  })

  it('leaves the input as it was', () => {
    const input = Object.freeze({ id: 'a', body: { x: 1 }, headers: { y: '2' } })
    expect(fill('PUT /orders/:id', input)).toEqual({
      method: 'PUT',
      url: '/orders/a',
      headers: { y: '2' },
      body: { x: 1 },
    })
    expect(input).toEqual({ id: 'a', body: { x: 1 }, headers: { y: '2' } })
  })
})
