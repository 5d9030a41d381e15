import { describe, expect, it } from '@jest/globals'
import { seeded } from '../../../test/call.ts'
import type { Heard } from '../../road/asking.ts'
import { exposed } from './exposed.ts'

const heardOf = (upstream: string, url: string, headers: Heard['headers'], key = 'GET /x'): Heard => ({
  upstream,
  key,
  url,
  status: 200,
  headers,
  personal: false,
})

const rule = { catalog: ['x-total-count', 'set-cookie'], orders: ['x-total-count', 'x-trace', 'set-cookie'] }

describe('exposed', () => {
  it('H-4: lets out what the rule names and nothing else', () => {
    const heard = [
      heardOf('catalog', '/a', { 'x-total-count': '7', 'x-trace': 't', etag: '"a"', server: 'x' }),
      heardOf('reviews', '/a', { 'x-total-count': '9', 'set-cookie': 'a=1' }),
      heardOf('catalog', '/b', undefined),
    ]
    expect(exposed(rule, heard)).toEqual({ 'x-total-count': '7' })
    expect(exposed({}, heard)).toEqual({})
    expect(exposed(rule, [])).toEqual({})
  })

  it('H-4: is not fooled by the names of an object', () => {
    expect(exposed(rule, [heardOf('constructor', '/', { 'x-total-count': '1' })])).toEqual({})
  })

  it('says equal values once, and others as one list, by upstream, key and url', () => {
    const heard = [
      heardOf('orders', '/', { 'x-total-count': '1' }),
      heardOf('catalog', '/b', { 'x-total-count': '3' }),
      heardOf('catalog', '/a', { 'x-total-count': ['4', '3'] }, 'GET /y'),
      heardOf('catalog', '/a', { 'x-total-count': '2' }),
    ]
    expect(exposed(rule, heard)).toEqual({ 'x-total-count': '2, 3, 4, 1' })
  })

  it('B-09: every cookie stays on its own', () => {
    const heard = [
      heardOf('orders', '/', { 'set-cookie': 'c=3; Expires=Wed, 21 Oct 2026 07:28:00 GMT' }),
      heardOf('catalog', '/', { 'set-cookie': ['b=2', 'a=1', 'b=2'] }),
    ]
    expect(exposed(rule, heard)).toEqual({
      'set-cookie': ['b=2', 'a=1', 'c=3; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
    })
  })

  it('H-4: what Connection lists ends with the connection', () => {
    const headers = { connection: 'close, X-Total-Count', 'x-total-count': '7', 'x-trace': 't' }
    expect(exposed(rule, [heardOf('orders', '/', headers)])).toEqual({ 'x-trace': 't' })
    expect(exposed(rule, [heardOf('orders', '/', { ...headers, connection: 'keep-alive' })])).toEqual({
      'x-total-count': '7',
      'x-trace': 't',
    })
  })

  it('the order in which calls were answered changes nothing, whatever they say', () => {
    for (let seed = 0; seed < 500; seed++) {
      const draw = seeded(seed)
      const some = (list: readonly string[]) => list[Math.floor(draw() * list.length)]!
      const heard = Array.from({ length: 6 }, () =>
        heardOf(
          some(['catalog', 'orders', 'reviews']),
          some(['/a', '/b']),
          {
            'x-total-count': some(['1', '2', '3']),
            ...(draw() < 0.5 && { 'set-cookie': [some(['a=1', 'a=2']), some(['b=1', 'b=2'])] }),
          },
          some(['GET /x', 'GET /y']),
        ),
      )
      const once = exposed(rule, heard)
      for (let nth = 0; nth < 5; nth++) {
        const other = heard.map((one) => [draw(), one] as const).toSorted(([a], [b]) => a - b)
        const again = exposed(
          rule,
          other.map(([, one]) => one),
        )
        expect({ seed, found: JSON.stringify(again) }).toEqual({ seed, found: JSON.stringify(once) })
      }
    }
  })
})
