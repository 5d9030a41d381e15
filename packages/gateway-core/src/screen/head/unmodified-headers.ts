/** What describes the bytes that do not come. */
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
 * What a 304 carries of the headers that the 200 would have had (RFC 9110 §15.4.5): all but what describes its content. A
 * cache takes over what it is told (RFC 9111 §4.3.4), so what is let out beside the content stays true. Names in lower case.
 * A HEAD carries all of them, the length as well (RFC 9110 §9.3.2).
 */
export function unmodifiedHeaders<V>(headers: Readonly<Record<string, V>>): Record<string, V> {
  const kept: Record<string, V> = {}
  for (const name of Object.keys(headers)) if (!ofContent.has(name)) kept[name] = headers[name]!
  return kept
}
