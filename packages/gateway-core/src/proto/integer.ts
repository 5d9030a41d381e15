/**
 * A 64-bit integer as a number that JSON and a contract's `z.int()` can hold. Generated code has `bigint` for int64 and uint64
 * (or `string` where the `.proto` says `jstype = JS_STRING`), never a number: past 2^53 a number is another number. Throws a
 * `RangeError` where that would happen.
 */
export function safeInteger(value: bigint | string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || BigInt(number) !== BigInt(value))
    throw new RangeError(`${value} is more than a number can hold: send it as a string`)
  return number
}
