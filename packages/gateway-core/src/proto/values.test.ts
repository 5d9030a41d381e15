import { fromBinary, fromJson, toBinary, toJson, create } from '@bufbuild/protobuf'
import { describe, expect, it } from '@jest/globals'
import { seeded } from '../../test/call.ts'
import { AnswerSchema, StateSchema } from '../../test/grpc/gen/sample_pb.js'
import { safeInteger } from './integer.ts'
import { minorUnits, unitsOf } from './money.ts'
import { instantOf, rfc3339 } from './time.ts'
import { valueOf, wordOf } from './word.ts'

const many = 2_000

describe('64-bit integers', () => {
  it('are bigint, or string where the .proto says so, and cross the wire whole', () => {
    const random = seeded(1)
    for (let i = 0; i < many; i++) {
      const bits = BigInt(Math.floor(random() * 2 ** 32)) * 2n ** 32n + BigInt(Math.floor(random() * 2 ** 32))
      const sent = create(AnswerSchema, { count: BigInt.asIntN(64, bits), serial: String(bits) })
      const { count, serial } = fromBinary(AnswerSchema, toBinary(AnswerSchema, sent))
      expect([typeof count, typeof serial]).toEqual(['bigint', 'string'])
      expect([count, serial]).toEqual([BigInt.asIntN(64, bits), String(bits)])
    }
  })

  it('become numbers only where a number can hold them', () => {
    const random = seeded(2)
    for (let i = 0; i < many; i++) {
      const value = Math.floor((random() - 0.5) * 2 ** Math.floor(random() * 54))
      expect(safeInteger(BigInt(value))).toBe(value + 0)
    }
    expect(safeInteger('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    for (const wrong of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, '9007199254740993', '18446744073709551615'])
      expect(() => safeInteger(wrong)).toThrow(RangeError)
  })
})

describe('money', () => {
  it('comes back the same, in any currency, of any sign', () => {
    const random = seeded(3)
    const currencies = ['EUR', 'USD', 'JPY', 'KWD', 'CLP', 'BHD']
    for (let i = 0; i < many; i++) {
      const amount = Math.floor((random() - 0.5) * 2 ** Math.floor(random() * 54)) + 0
      const currency = currencies[i % currencies.length]!
      const money = unitsOf({ amount, currency })
      expect(Math.abs(money.nanos)).toBeLessThan(1_000_000_000)
      expect(money.units === 0n || money.nanos === 0 || money.units > 0n === money.nanos > 0).toBe(true)
      expect(minorUnits(money)).toEqual({ amount, currency })
    }
  })

  it.each([
    ['EUR', 12n, 990_000_000, 1_299],
    ['EUR', 0n, -10_000_000, -1],
    ['EUR', -1n, -750_000_000, -175],
    ['JPY', 1_299n, 0, 1_299],
    ['KWD', 1n, 5_000_000, 1_005],
  ] as const)('%s %s units and %d nanos are %d', (currencyCode, units, nanos, amount) => {
    expect(minorUnits({ currencyCode, units, nanos })).toEqual({ amount, currency: currencyCode })
    expect(unitsOf({ amount, currency: currencyCode })).toEqual({ currencyCode, units, nanos })
  })

  it.each([
    ['a fraction of a cent', 'EUR', 1n, 999_999],
    ['a tenth of a yen', 'JPY', 1n, 100_000_000],
    ['mixed signs', 'EUR', 1n, -10_000_000],
    ['mixed signs the other way', 'EUR', -1n, 10_000_000],
    ['a whole unit of nanos', 'EUR', 1n, 1_000_000_000],
    ['nanos that are no integer', 'EUR', 1n, 0.5],
    ['more than a number can hold', 'EUR', 2n ** 62n, 0],
    ['no currency', '', 1n, 0],
    ['a currency in lower case', 'eur', 1n, 0],
  ] as const)('refuses %s', (_, currencyCode, units, nanos) =>
    expect(() => minorUnits({ currencyCode, units, nanos })).toThrow(RangeError),
  )

  it('refuses amounts that are not whole', () => {
    for (const amount of [0.5, NaN, Infinity, 2 ** 53])
      expect(() => unitsOf({ amount, currency: 'EUR' })).toThrow(RangeError)
  })
})

describe('instants', () => {
  it('come back the same, to the nanosecond', () => {
    const random = seeded(4)
    for (let i = 0; i < many; i++) {
      const seconds = BigInt(Math.floor(random() * 315_537_897_599) - 62_135_596_800)
      const nanos = i % 4 === 0 ? 0 : Math.floor(random() * 1_000) * 1_000 ** (i % 3)
      const text = rfc3339({ seconds, nanos })
      expect(instantOf(text)).toEqual({ seconds, nanos })
      expect(text).toBe((toJson(AnswerSchema, create(AnswerSchema, { at: { seconds, nanos } })) as { at: string }).at)
    }
  })

  it('are read from any offset', () => {
    expect(instantOf('2026-03-01T00:30:00+01:00')).toEqual(instantOf('2026-02-28T23:30:00Z'))
    expect(instantOf('1969-12-31t23:59:59.5z')).toEqual({ seconds: -1n, nanos: 500_000_000 })
  })

  it.each([
    '',
    'today',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '0000-12-31T23:59:59Z',
  ])('refuses %j', (text) => expect(() => instantOf(text)).toThrow(RangeError))

  it('refuses what no calendar has', () => {
    expect(() => rfc3339({ seconds: 253_402_300_800n, nanos: 0 })).toThrow(RangeError)
    expect(() => rfc3339({ seconds: 0n, nanos: -1 })).toThrow(RangeError)
  })
})

describe('enums', () => {
  it('are words, both ways', () => {
    for (const { number } of StateSchema.values) expect(valueOf(StateSchema, wordOf(StateSchema, number))).toBe(number)
    expect(wordOf(StateSchema, 1)).toBe('in-stock')
    expect(valueOf(StateSchema, 'STATE_IN_STOCK')).toBeUndefined()
  })

  it('survive where a newer service has one more', () => {
    const random = seeded(5)
    for (let i = 0; i < many; i++) {
      const state = Math.floor((random() - 0.5) * 2 ** 32)
      const through = fromBinary(AnswerSchema, toBinary(AnswerSchema, Object.assign(create(AnswerSchema), { state })))
      expect(valueOf(StateSchema, wordOf(StateSchema, through.state))).toBe(state)
    }
  })
})

describe('what is not there', () => {
  it('is undefined where the .proto says optional, and the zero of its type where it does not', () => {
    const { maybe, always } = fromBinary(AnswerSchema, toBinary(AnswerSchema, create(AnswerSchema, {})))
    expect([maybe, always]).toEqual([undefined, 0])
  })

  it('is not a zero that was sent', () => {
    const { maybe, always } = fromBinary(
      AnswerSchema,
      toBinary(AnswerSchema, create(AnswerSchema, { maybe: 0, always: 0 })),
    )
    expect([maybe, always]).toEqual([0, 0])
    expect(fromJson(AnswerSchema, toJson(AnswerSchema, create(AnswerSchema, { maybe: 0 }))).maybe).toBe(0)
  })
})
