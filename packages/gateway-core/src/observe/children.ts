/** One child per value, made now, and `other` for unlisted values. */
export function children<Child>(values: readonly string[], make: (value: string) => Child): (value: string) => Child {
  const made = new Map(values.map((value) => [value, make(value)]))
  const other = make('other')
  return (value) => made.get(value) ?? other
}
