import { describe, expect, it } from '@jest/globals'
import { serverTiming, type Timing } from './server-timing.ts'

const part = (given: Partial<Timing> = {}): Timing => ({ name: 'order', ms: 12.34, status: 'ok', ...given })

describe('serverTiming', () => {
  it('one entry per part as they are written, then the total', () => {
    const parts = [part(), part({ name: 'stock', ms: 300, status: 'fallback' }), part({ name: 'a', status: 'stale' })]
    expect(serverTiming(parts, 301.96)).toBe(
      'order;dur=12.3, stock;dur=300;desc="fallback", a;dur=12.3;desc="stale", total;dur=302',
    )
    expect(serverTiming([], 0)).toBe('total;dur=0')
  })

  it.each<[Partial<Timing>, string]>([
    [{ from: 'cache' }, 'order;dur=12.3;desc="cache"'],
    [{ status: 'stale', from: 'cache' }, 'order;dur=12.3;desc="stale, cache"'],
    // What could be an address, or ends the value, is nobody's business.
    [{ from: '10.0.0.7:4101' }, 'order;dur=12.3'],
    [{ from: 'catalog.internal' }, 'order;dur=12.3'],
    [{ from: 'a", b;dur=1' }, 'order;dur=12.3'],
    [{ from: 'a\r\nset-cookie: x' }, 'order;dur=12.3'],
    [{ name: 'größe, x;y="z"\r\n' }, 'gr__e__x_y__z___;dur=12.3'],
    [{ name: '' }, '_;dur=12.3'],
    [{ name: 'x'.repeat(1_000) }, `${'x'.repeat(64)};dur=12.3`],
    [{ ms: NaN }, 'order;dur=0'],
    [{ ms: Infinity }, 'order;dur=0'],
    [{ ms: -1 }, 'order;dur=0'],
    [{ ms: 1e-9 }, 'order;dur=0'],
  ])('%j', (given, entry) => {
    expect(serverTiming([part(given)], 1)).toBe(`${entry}, total;dur=1`)
  })

  it('at most 20 entries, the total always among them', () => {
    const line = serverTiming(
      Array.from({ length: 50 }, (_, nth) => part({ name: `p${nth}` })),
      5,
    )
    const names = line.split(', ').map((entry) => entry.split(';')[0])
    expect(names).toEqual([...Array.from({ length: 19 }, (_, nth) => `p${nth}`), 'total'])
  })
})
