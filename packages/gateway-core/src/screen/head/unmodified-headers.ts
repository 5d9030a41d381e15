/** Headers that describe the omitted content. */
const ofContent = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'last-modified',
  'trailer',
  'transfer-encoding',
])

/**
 * The headers of a 200 that its 304 carries (RFC 9110 §15.4.5): all but those that describe the content. A cache
 * updates its entry from them (RFC 9111 §4.3.4), so exposed headers stay current. Lower-case names. A HEAD carries all
 * of them, length included (RFC 9110 §9.3.2).
 */
export function unmodifiedHeaders<V>(headers: Readonly<Record<string, V>>): Record<string, V> {
  const kept: Record<string, V> = {}
  for (const name of Object.keys(headers)) if (!ofContent.has(name)) kept[name] = headers[name]!
  return kept
}
