import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import type { Deprecated } from '../contract.ts'
import type { Route } from '../exchange.ts'
import { deprecation, faultsOfDeprecated, fieldsOf } from './deprecation.ts'

const since = '2026-01-31T00:00:00Z'
const sunset = '2027-01-31T12:30:00Z'
const link = 'https://docs.example/checkout-v2'
const end = Date.parse(sunset)

const route = (deprecated?: Deprecated): Route<unknown> => ({
  methods: ['GET'],
  path: '/m/v1/home',
  guard: () => ({ granted: true }),
  made: {
    door: 'screen',
    key: 'GET /m/v1/home',
    operation: deprecated === undefined ? {} : { deprecated },
    budget: undefined,
    expose: {},
    parts: () => ({}),
    view: () => undefined,
  },
  bind: () => () => undefined,
  bindCompose: () => () => Promise.resolve({ status: 200, headers: { etag: '"1"' }, body: {} }),
})

describe('fieldsOf', () => {
  it('D-1: writes when it was deprecated as a structured date', () => {
    expect(fieldsOf({ since })).toEqual({ deprecation: '@1769817600' })
  })

  it('D-2: writes when it ends as an IMF-fixdate', () => {
    expect(fieldsOf({ since, sunset })).toEqual({
      deprecation: '@1769817600',
      sunset: 'Sun, 31 Jan 2027 12:30:00 GMT',
    })
  })

  it('D-3: links what to do instead, once for each', () => {
    expect(fieldsOf({ since, link }).link).toBe(`<${link}>; rel="deprecation"`)
    expect(fieldsOf({ since, sunset, link }).link).toBe(`<${link}>; rel="deprecation", <${link}>; rel="sunset"`)
  })
})

describe('faultsOfDeprecated', () => {
  it.each<[Deprecated]>([
    [{ since }],
    [{ since, sunset: since }],
    [{ since, sunset, link }],
    [{ since, link: '/docs#x' }],
  ])('D-2: finds none in %j', (deprecated) => {
    expect(faultsOfDeprecated(deprecated)).toEqual([])
  })

  it.each<[Deprecated, string]>([
    [{ since: '' }, 'since: "" is not a date like 2027-01-31T00:00:00Z'],
    [{ since: '2026-01-31' }, 'since: "2026-01-31" is not a date'],
    [{ since: '2026-02-30T00:00:00Z' }, 'since: "2026-02-30T00:00:00Z" is not a date'],
    [{ since: '2026-13-01T00:00:00Z' }, 'since: "2026-13-01T00:00:00Z" is not a date'],
    [{ since: '2026-01-31T00:00:00+01:00' }, 'is not a date'],
    [{ since, sunset: 'soon' }, 'sunset: "soon" is not a date'],
    [{ since, sunset: '2026-01-30T23:59:59Z' }, `sunset: 2026-01-30T23:59:59Z is before since, ${since}`],
    [{ since, link: 'docs' }, 'link: "docs" is not an address'],
    [{ since, link: 'javascript:alert(1)' }, 'link: "javascript:alert(1)" is not an address'],
    [{ since, link: 'https://x.example/>; rel="next"' }, 'is not an address'],
    [{ since, link: 'https://x.example/\r\nset-cookie: a=b' }, 'is not an address'],
    [{ since, link: 'https://' }, 'is not an address'],
  ])('D-2: finds in %j: %s', (deprecated, fault) => {
    expect(faultsOfDeprecated(deprecated)).toEqual([expect.stringContaining(fault)])
  })

  it('lists every fault, and a route with one does not start', () => {
    const wrong = { since: 'once', sunset: 'soon', link: 'here' }
    expect(faultsOfDeprecated(wrong)).toHaveLength(3)
    expect(() => deprecation()(route(wrong))).toThrow(/^GET \/m\/v1\/home: deprecated: since: .*; sunset: .*; link: /)
  })
})

describe('deprecation', () => {
  const at = (time: number) => deprecation(() => time)

  it('leaves a route that stays as it is', () => {
    const staying = route()
    expect(at(end)(staying)).toBe(staying)
    const { made: _made, ...own } = route()
    expect(at(end)(own)).toBe(own)
  })

  it('D-4: changes nothing of who may until the sunset', () => {
    expect(at(end - 1)(route({ since, sunset })).guard(exchangeOf({}))).toEqual({ granted: true })
    expect(at(Number.MAX_SAFE_INTEGER)(route({ since })).guard(exchangeOf({}))).toEqual({ granted: true })
  })

  it('D-4: refuses whoever asks from the sunset on', () => {
    expect(() => at(end)(route({ since, sunset, link })).guard(exchangeOf({}))).toThrow(
      expect.objectContaining({
        status: 410,
        code: 'endpoint-retired',
        options: expect.objectContaining({ extra: { link }, headers: { ...fieldsOf({ since, sunset, link }) } }),
      }),
    )
  })

  it('D-1: says it on an answer that has no connection of its own', async () => {
    const compose = at(0)(route({ since, sunset })).bindCompose!(undefined)
    expect(await compose(exchangeOf({}), { headers: {}, body: undefined }, {})).toEqual({
      status: 200,
      headers: { ...fieldsOf({ since, sunset }), etag: '"1"' },
      body: {},
    })
  })
})
