import { safeInteger } from './integer.ts'

/** `google.type.Money`, or a message of the same shape: whole units, and billionths of one of the same sign. */
export interface Units {
  /** ISO 4217. */
  readonly currencyCode: string
  readonly units: bigint
  readonly nanos: number
}

/** As the rest of the house has it: 1 299 EUR is EUR 12.99. */
export interface MinorUnits {
  readonly amount: number
  readonly currency: string
}

const billion = 1_000_000_000

/**
 * Money in minor units of its currency. Nothing is rounded: what is finer than the currency has coins for, has mixed signs,
 * more than 999 999 999 nanos, no currency, or more than a number can hold throws a `RangeError`.
 */
export function minorUnits({ currencyCode, units, nanos }: Units): MinorUnits {
  const fine = nanosPerMinor(currencyCode)
  if (!Number.isInteger(nanos) || Math.abs(nanos) >= billion)
    throw new RangeError(`${nanos} nanos are no part of a unit`)
  if ((units > 0n && nanos < 0) || (units < 0n && nanos > 0))
    throw new RangeError('units and nanos have different signs')
  if (nanos % fine !== 0) throw new RangeError(`${currencyCode} has no coin for ${nanos} nanos`)
  return { amount: safeInteger(units * BigInt(billion / fine) + BigInt(nanos / fine)), currency: currencyCode }
}

/** The way back. Throws a `RangeError` for what is no whole amount. */
export function unitsOf({ amount, currency }: MinorUnits): Units {
  const fine = nanosPerMinor(currency)
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is no whole amount`)
  const per = billion / fine
  // `%` has the sign of the amount, as both parts must; `+ 0` makes no -0 of it.
  return { currencyCode: currency, units: BigInt(Math.trunc(amount / per)), nanos: (amount % per) * fine + 0 }
}

const known = new Map<string, number>()

/** How many billionths the smallest coin is. */
function nanosPerMinor(currency: string): number {
  let fine = known.get(currency)
  if (fine === undefined) {
    if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError(`${JSON.stringify(currency)} is no currency`)
    const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    fine = billion / 10 ** maximumFractionDigits!
    known.set(currency, fine)
  }
  return fine
}
