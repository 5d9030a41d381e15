/** One for each value, made now, and `other` for what is none of them. */
export function children<Child>(values: readonly string[], make: (value: string) => Child): (value: string) => Child {
  const made = new Map(values.map((value) => [value, make(value)]))
  const other = make('other')
  return (value) => made.get(value) ?? other
}
