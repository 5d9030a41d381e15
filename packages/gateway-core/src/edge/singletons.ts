/** Fields that mean one thing or nothing: two of them are two meanings, and parsers differ in which they take. */
const singletons = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'sec-fetch-site',
  'x-csrf',
])

/** The first field that may stand once only and stands twice, out of node's `rawHeaders`. */
export function repeated(raw: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!singletons.has(name)) continue
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}
