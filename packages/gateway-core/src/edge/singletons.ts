/** Fields that mean one thing or nothing: two of them are two meanings, and parsers differ in which they take. */
export const singletons = [
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'origin',
  'referer',
  'sec-fetch-site',
  'sec-websocket-key',
  'sec-websocket-version',
  'transfer-encoding',
  'x-csrf',
] as const

const names: ReadonlySet<string> = new Set(singletons)

/** The first field that may stand once only and stands twice, out of node's `rawHeaders`. */
export function repeated(raw: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    if (!names.has(name)) continue
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}
