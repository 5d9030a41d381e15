/** `google.protobuf.Timestamp`: seconds since 1970, and nanoseconds forward from there. */
export interface Instant {
  readonly seconds: bigint
  readonly nanos: number
}

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const first = -62_135_596_800n
const last = 253_402_300_799n

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i

/**
 * An instant as RFC 3339 has it, in UTC, with as many digits of a second as it has: none, 3, 6 or 9, as ProtoJSON does. A
 * `Date` holds three. Throws a `RangeError` outside of the years 1 to 9999.
 */
export function rfc3339({ seconds, nanos }: Instant): string {
  if (seconds < first || seconds > last) throw new RangeError(`${seconds} s are outside of the years 1 to 9999`)
  if (!Number.isInteger(nanos) || nanos < 0 || nanos > 999_999_999)
    throw new RangeError(`${nanos} ns are no part of a second`)
  const date = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)
  const digits = String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,3}$/, '')
  return digits === '' ? `${date}Z` : `${date}.${digits}Z`
}

/** The way back, from any offset. Throws a `RangeError` for what is no instant. */
export function instantOf(text: string): Instant {
  const [, whole, fraction = '', offset] = pattern.exec(text) ?? []
  const ms = whole === undefined ? NaN : Date.parse(`${whole}${offset!.toUpperCase()}`)
  // What the calendar does not have, such as 30 February, some parsers move on to March.
  if (Number.isNaN(ms) || !isOfCalendar(whole!)) throw new RangeError(`${JSON.stringify(text)} is no instant`)
  const seconds = BigInt(ms / 1_000)
  if (seconds < first || seconds > last)
    throw new RangeError(`${JSON.stringify(text)} is outside of the years 1 to 9999`)
  return { seconds, nanos: Number(fraction.padEnd(9, '0')) }
}

const isOfCalendar = (whole: string): boolean => {
  const ms = Date.parse(`${whole}Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(whole.toUpperCase())
}
