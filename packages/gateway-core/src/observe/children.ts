/** One for each value, made now, and `other` for what is none of them. */
export function children<Child>(values: readonly string[], make: (value: string) => Child): (value: string) => Child {
  const made = new Map(values.map((value) => [value, make(value)]))
  const other = make('other')
  return (value) => made.get(value) ?? other
}

/** Upper bounds in seconds. Each costs one series for every combination of labels. */
export const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5]
