import type { DescEnum } from '@bufbuild/protobuf'

/**
 * An enum value as a word for JSON: `STATE_IN_STOCK` of `State` is `in-stock`. A value that this version of the `.proto` does
 * not know survives as its number, `"7"`, and `valueOf` gives it back: a service may be newer than its BFF.
 */
export const wordOf = (shape: DescEnum, value: number): string => {
  const name = shape.value[value]?.name
  return name === undefined ? String(value) : toWord(shape, name)
}

/** The way back. Undefined for a word that is none. */
export function valueOf(shape: DescEnum, word: string): number | undefined {
  const found = shape.values.find(({ name }) => toWord(shape, name) === word)
  if (found !== undefined) return found.number
  const number = /^-?\d{1,10}$/.test(word) ? Number(word) : NaN
  return Number.isInteger(number) && number >= -(2 ** 31) && number < 2 ** 31 ? number : undefined
}

/** Without the name of the enum, which every value begins with (https://buf.build/docs/best-practices/style-guide). */
function toWord({ name: shape }: DescEnum, name: string): string {
  const prefix = `${shape.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()}_`
  return (name.startsWith(prefix) ? name.slice(prefix.length) : name).toLowerCase().replaceAll('_', '-')
}
