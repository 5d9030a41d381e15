import { describe, expect, it } from '@jest/globals'
import { preconditions, type Verdict } from './preconditions.ts'

const tag = '"a"'

describe('preconditions', () => {
  it.each<
    [method: string, match: string | undefined, noneMatch: string | undefined, etag: string | undefined, Verdict]
  >([
    ['GET', undefined, undefined, tag, 'send'],
    ['GET', undefined, '"a"', tag, 'not-modified'],
    ['HEAD', undefined, '"a"', tag, 'not-modified'],
    ['GET', undefined, 'W/"a"', tag, 'not-modified'],
    ['GET', undefined, '"b", "a"', tag, 'not-modified'],
    ['GET', undefined, '*', tag, 'not-modified'],
    ['GET', undefined, '"b"', tag, 'send'],
    ['GET', undefined, '"a', tag, 'send'],
    ['GET', '"a"', undefined, tag, 'send'],
    ['GET', '*', undefined, tag, 'send'],
    ['GET', 'W/"a"', undefined, tag, 'failed'],
    ['GET', '"b"', undefined, tag, 'failed'],
    ['GET', '', undefined, tag, 'failed'],
    ['GET', '"a"', '"a"', tag, 'not-modified'],
    ['GET', '"b"', '"a"', tag, 'failed'],
    ['GET', '"a"', '"b"', tag, 'send'],
    ['PUT', '"a"', undefined, tag, 'send'],
    ['PUT', '"b"', undefined, tag, 'failed'],
    ['PUT', undefined, '*', tag, 'failed'],
    ['PUT', undefined, '"a"', tag, 'failed'],
    ['PUT', undefined, '"b"', tag, 'send'],
    ['PUT', undefined, '*', undefined, 'send'],
    ['PUT', '*', undefined, undefined, 'failed'],
    ['PUT', '"a"', undefined, undefined, 'failed'],
    ['GET', undefined, '"a"', undefined, 'send'],
  ])('H-10: %s If-Match %j If-None-Match %j of %j: %j', (method, match, noneMatch, etag, verdict) => {
    const headers = {
      ...(match !== undefined && { 'if-match': match }),
      ...(noneMatch !== undefined && { 'if-none-match': noneMatch }),
    }
    expect(preconditions(method, headers, etag)).toBe(verdict)
  })

  it('H-10: dates are not asked, where there are none', () => {
    const headers = { 'if-modified-since': new Date().toUTCString(), 'if-unmodified-since': new Date(0).toUTCString() }
    expect(preconditions('GET', headers as object, tag)).toBe('send')
  })
})
