import { describe, expect, it } from '@jest/globals'
import { checks, type Head } from './checked.ts'
import { target } from './target.ts'

const headOf = (given: Partial<Head>): Head => ({
  httpVersion: '1.1',
  httpVersionMinor: 1,
  method: 'GET',
  url: '/',
  headers: { host: 'shop.example' },
  rawHeaders: ['Host', 'shop.example'],
  ...given,
})

describe('checks', () => {
  it('lets HTTP/1.0 leave out its Host, but not where one is asked for', () => {
    const old = headOf({ httpVersion: '1.0', httpVersionMinor: 0, headers: {}, rawHeaders: [] })
    expect(checks()(old)).toEqual({ path: '/', search: '' })
    expect(() => checks({ hosts: ['shop.example'] })(old)).toThrow('The Host header is missing.')
  })

  it('every refusal closes the connection', () => {
    const heads = [
      { httpVersion: '2.0' },
      { method: 'TRACE' },
      { method: 'PROPFIND' },
      { rawHeaders: ['a', 'b'.repeat(9_000)] },
      { headers: { host: 'a b' } },
      { url: '*' },
      { headers: { host: 'a', 'content-length': '1' } },
    ]
    for (const given of heads) {
      expect(() => checks()(headOf(given))).toThrow(
        expect.objectContaining({
          options: expect.objectContaining({ headers: expect.objectContaining({ connection: 'close' }) }),
        }),
      )
    }
  })
})

/** Numbers below 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
}

it('P-02 to P-17: whatever a target is made of, its one spelling stays what it is, and none has a second reading', () => {
  const random = seeded(42)
  const parts = [
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    ';',
    '%00',
    '%61',
    '%25',
    '%',
    'a',
    'Z',
    '-',
    '~',
    '%c3%a9',
    '%ff',
    '#',
    '?',
    '=',
    ' ',
    '@',
    ':',
    '\xe9',
  ]
  let taken = 0
  for (let i = 0; i < 20_000; i++) {
    const length = 1 + Math.floor(random() * 8)
    const url = `/${Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join('')}`
    let once
    try {
      once = target(url, 'shop.example')
    } catch {
      continue
    }
    taken++
    expect(target(once.path + once.search, 'shop.example')).toEqual(once)
    // Nothing in it that a URL parser would take away.
    expect(new URL(`http://shop.example${once.path}`).pathname).toBe(once.path)
  }
  expect(taken).toBeGreaterThan(500)
})
