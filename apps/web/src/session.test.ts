import { describe, expect, it } from '@jest/globals'
import { signInUrl } from './session.ts'

describe('the way to sign in', () => {
  it.each([
    ['/', '/bff/login?returnUrl=%2F'],
    ['/products?q=oak+table&sort=price', '/bff/login?returnUrl=%2Fproducts%3Fq%3Doak%2Btable%26sort%3Dprice'],
  ])('leads back to %s', (path, url) => {
    expect(signInUrl(path)).toBe(url)
    expect(new URL(url, 'http://localhost').searchParams.getAll('returnUrl')).toEqual([path])
  })

  it('is the one that the problem names', () => {
    expect(signInUrl('/cart', '/elsewhere')).toBe('/elsewhere?returnUrl=%2Fcart')
    expect(signInUrl('/cart', '/bff/login?max_age=300')).toBe('/bff/login?max_age=300&returnUrl=%2Fcart')
  })
})
