import { expect, it } from '@jest/globals'
import { unmodifiedHeaders } from './unmodified-headers.ts'

it('H-9: a 304 carries what the 200 would have, but what describes its content', () => {
  const kept = {
    etag: '"a"',
    'cache-control': 'private, no-cache',
    vary: 'cookie',
    date: 'Sun, 06 Nov 1994 08:49:37 GMT',
    expires: '0',
    'content-location': '/api/items/a',
    'server-timing': 'total;dur=1',
    'x-total-count': '7',
    'set-cookie': ['a=1', 'b=2'],
  }
  const full = { ...kept, 'content-type': 'application/json', 'content-length': 7, 'content-encoding': 'br' }
  expect(unmodifiedHeaders<unknown>(full)).toEqual(kept)
})
