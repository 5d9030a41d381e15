import { describe, expect, it } from '@jest/globals'
import { seeded } from '../../../test/call.ts'
import type { Heard } from '../../road/asking.ts'
import { cacheControl, type Terms } from './cache-control.ts'

interface Reply {
  /** `cache-control`. */
  readonly says?: string | readonly string[]
  readonly age?: string
  readonly vary?: string
  readonly personal?: boolean
}

const heardOf = ({ says, age, vary, personal = false }: Reply): Heard => ({
  upstream: 'catalog',
  key: 'GET /products/:id',
  url: '/products/1',
  status: 200,
  headers: { ...(says && { 'cache-control': says }), ...(age && { age }), ...(vary && { vary }) },
  personal,
})

const grpc: Heard = {
  upstream: 'inventory',
  key: 'getStock',
  url: '',
  status: 200,
  headers: undefined,
  personal: false,
}

const termsOf = (heard: readonly Heard[], given: Partial<Terms> = {}): Terms => ({
  heard,
  signedIn: false,
  setsCookie: false,
  fallback: false,
  stale: false,
  ...given,
})

const of = (replies: readonly Reply[], given: Partial<Terms> = {}) => cacheControl(termsOf(replies.map(heardOf), given))

describe('cacheControl', () => {
  it.each<[string, readonly Reply[], string]>([
    ['one', [{ says: 'max-age=60' }], 'max-age=60'],
    ['the least', [{ says: 'max-age=60' }, { says: 'public, max-age=10' }, { says: 'max-age=30' }], 'max-age=10'],
    ['less its age', [{ says: 'max-age=60', age: '51' }, { says: 'max-age=10' }], 'max-age=9'],
    ['nothing left', [{ says: 'max-age=60', age: '60' }, { says: 'max-age=10' }], 'no-cache'],
    ['an age that is none', [{ says: 'max-age=60', age: 'old' }], 'no-cache'],
    ['an age beyond numbers', [{ says: 'max-age=60', age: '9'.repeat(400) }], 'no-cache'],
    ['nothing said', [{}], 'no-cache'],
    ['nothing said by one', [{ says: 'max-age=60' }, {}], 'no-cache'],
    ['no word of how long', [{ says: 'public' }], 'no-cache'],
    ['no number', [{ says: 'max-age=soon' }], 'no-cache'],
    ['no calls', [], 'no-cache'],
    ['no-cache', [{ says: 'max-age=60, no-cache' }, { says: 'max-age=60' }], 'no-cache'],
    ['a field that must be asked for', [{ says: 'max-age=60, no-cache="set-cookie"' }], 'no-cache'],
    ['no-store', [{ says: 'no-store' }, { says: 'max-age=60' }], 'no-store'],
    ['in capitals', [{ says: 'NO-STORE' }], 'no-store'],
    ['on two lines', [{ says: ['max-age=60', 'no-store'] }], 'no-store'],
    ['twice, differently', [{ says: 'max-age=60, max-age=5' }], 'max-age=5'],
    ['depends on everything', [{ says: 'max-age=60', vary: '*' }], 'no-cache'],
    ['an own age for caches of many', [{ says: 'max-age=5, s-maxage=60' }], 'max-age=5, s-maxage=60'],
    ['of one', [{ says: 'max-age=5, s-maxage=60' }, { says: 'max-age=20' }], 'max-age=5, s-maxage=20'],
    ['none for a browser', [{ says: 'max-age=0, s-maxage=60', age: '20' }], 'max-age=0, s-maxage=40'],
    ['none said for a browser', [{ says: 's-maxage=60' }], 'max-age=0, s-maxage=60'],
    [
      'any must-revalidate',
      [{ says: 'max-age=60, must-revalidate' }, { says: 'max-age=9' }],
      'max-age=9, must-revalidate',
    ],
    ['any proxy-revalidate', [{ says: 'max-age=60, proxy-revalidate' }], 'max-age=60, proxy-revalidate'],
    ['any no-transform', [{ says: 'max-age=60, no-transform' }, { says: 'max-age=60' }], 'max-age=60, no-transform'],
    ['no-transform of what is not kept', [{ says: 'no-store, no-transform' }], 'no-store, no-transform'],
    ['no-transform of what is asked about', [{ says: 'no-transform' }], 'no-cache, no-transform'],
    ['all immutable', [{ says: 'max-age=60, immutable' }, { says: 'immutable, max-age=9' }], 'max-age=9, immutable'],
    ['one not immutable', [{ says: 'max-age=60, immutable' }, { says: 'max-age=9' }], 'max-age=9'],
    ['private from a service', [{ says: 'private, max-age=60' }, { says: 'max-age=90' }], 'private, max-age=60'],
    ['a private field', [{ says: 'private="x-a", max-age=60' }], 'private, max-age=60'],
    [
      'stale for a while, when all may be',
      [{ says: 'max-age=9, stale-while-revalidate=30, stale-if-error=99' }, { says: 'max-age=60, stale-if-error=50' }],
      'max-age=9, stale-if-error=50',
    ],
    [
      'the while that is over already',
      [{ says: 'max-age=60, stale-while-revalidate=30', age: '80' }],
      'max-age=0, stale-while-revalidate=10',
    ],
    ['the while that is all over', [{ says: 'max-age=60, stale-while-revalidate=30', age: '90' }], 'no-cache'],
    [
      'K-6: never stale past must-revalidate',
      [{ says: 'max-age=60, stale-while-revalidate=30, must-revalidate' }],
      'max-age=60, must-revalidate',
    ],
    [
      'in one order',
      [{ says: 'stale-if-error=9, immutable, no-transform, stale-while-revalidate=8, max-age=7' }],
      'max-age=7, no-transform, immutable, stale-while-revalidate=8, stale-if-error=9',
    ],
    ['what it does not know', [{ says: 'max-age=60, must-understand, foo="b,ar"' }], 'max-age=60'],
  ])('K-2: %s', (_, replies, line) => {
    expect(of(replies)).toBe(line)
  })

  it.each<[string, readonly Reply[], Partial<Terms>, string]>([
    ['whose token travelled', [{ says: 'public, max-age=60', personal: true }], {}, 'private, max-age=60'],
    ['one of two', [{ says: 'max-age=60' }, { says: 'max-age=90', personal: true }], {}, 'private, max-age=60'],
    ['whom the guard knows', [{ says: 'public, max-age=60' }], { signedIn: true }, 'private, max-age=60'],
    ['who gets a cookie', [{ says: 'max-age=60' }], { setsCookie: true }, 'private, max-age=60'],
    ['of whom nothing is said', [{}], { signedIn: true }, 'private, no-cache'],
    ['without calls', [], { signedIn: true }, 'private, no-cache'],
    ['no cache of many', [{ says: 'max-age=5, s-maxage=60' }], { signedIn: true }, 'private, max-age=5'],
    ['only a cache of many', [{ says: 's-maxage=60' }], { signedIn: true }, 'private, no-cache'],
    ['not kept', [{ says: 'no-store' }], { signedIn: true }, 'no-store'],
  ])('K-1: for one user, %s', (_, replies, given, line) => {
    expect(of(replies, given)).toBe(line)
  })

  it.each<[Partial<Terms>, string]>([
    [{ fallback: true }, 'no-store'],
    [{ fallback: true, stale: true }, 'no-store'],
    [{ fallback: true, signedIn: true }, 'no-store'],
    [{ stale: true }, 'no-cache'],
    [{ stale: true, signedIn: true }, 'private, no-cache'],
  ])('K-6: what is not as it should be is not kept as if it were: %j', (given, line) => {
    expect(of([{ says: 'max-age=60, stale-if-error=60' }], given)).toBe(line)
  })

  it('K-2: gRPC says nothing of caches', () => {
    expect(cacheControl(termsOf([heardOf({ says: 'max-age=60' }), grpc]))).toBe('no-cache')
  })

  it('K-2: what a service makes up anew each time is read anew each time', () => {
    for (let nth = 1; nth < 2_000; nth++) expect(of([{ says: `max-age=${nth}, x="${nth}"` }])).toBe(`max-age=${nth}`)
    expect(of([{ says: `x=${'y'.repeat(10_000)}, max-age=3` }])).toBe('max-age=3')
  })
})

const words = [
  'max-age=60',
  'max-age=5',
  's-maxage=30',
  'private',
  'public',
  'no-cache',
  'no-store',
  'must-revalidate',
  'no-transform',
  'immutable',
  'stale-while-revalidate=9',
  'stale-if-error=90',
]

/** Answers that say anything at all. */
function drawn(draw: () => number): Heard[] {
  return Array.from({ length: 1 + Math.floor(draw() * 5) }, () => {
    const said = words.filter((word) => draw() < (word.startsWith('no-') ? 0.03 : 0.5)).join(', ')
    return draw() < 0.05 ? grpc : heardOf({ says: said, age: String(Math.floor(draw() * 20)), personal: draw() < 0.1 })
  })
}

const numberOf = (line: string, name: string): number =>
  Number(new RegExp(`(?:^|, )${name}=(\\d+)`).exec(line)?.[1] ?? 0)

describe('cacheControl, of anything', () => {
  it('K-2: the order in which calls were answered changes nothing', () => {
    for (let seed = 0; seed < 500; seed++) {
      const draw = seeded(seed)
      const heard = drawn(draw)
      const line = cacheControl(termsOf(heard))
      for (let nth = 0; nth < 5; nth++) {
        const other = heard.map((one) => [draw(), one] as const).toSorted(([a], [b]) => a - b)
        const again = cacheControl(termsOf(other.map(([, one]) => one)))
        expect({ seed, line: again }).toEqual({ seed, line })
      }
    }
  })

  it('K-2: the whole never allows what one of its parts alone does not', () => {
    const lines = new Set<string>()
    for (let seed = 0; seed < 1_000; seed++) {
      const heard = drawn(seeded(seed))
      const whole = cacheControl(termsOf(heard))
      lines.add(whole)
      for (const one of heard) {
        const alone = cacheControl(termsOf([one]))
        const where = { seed, whole, alone }
        if (alone.includes('no-store'))
          expect({ ...where, ok: whole.includes('no-store') }).toEqual({ ...where, ok: true })
        if (whole.includes('no-store')) continue
        if (alone.includes('private'))
          expect({ ...where, ok: whole.includes('private') }).toEqual({ ...where, ok: true })
        for (const name of ['max-age', 'stale-while-revalidate', 'stale-if-error']) {
          const ok = numberOf(whole, name) <= numberOf(alone, name)
          expect({ ...where, name, ok }).toEqual({ ...where, name, ok: true })
        }
        const many = (line: string) =>
          line.includes('private') || line.includes('no-cache')
            ? 0
            : numberOf(line, 's-maxage') || numberOf(line, 'max-age')
        expect({ ...where, ok: many(whole) <= many(alone) }).toEqual({ ...where, ok: true })
      }
    }
    expect(lines.size).toBeGreaterThan(50)
  })
})
