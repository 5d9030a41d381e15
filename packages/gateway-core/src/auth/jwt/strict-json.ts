const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Parses UTF-8 JSON (no BOM) whose value is an object; returns it with its text. */
export function jsonObject(
  bytes: Uint8Array,
): { readonly value: Readonly<Record<string, unknown>>; readonly text: string } | undefined {
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { value, text } : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** In JSON, quotes only delimit strings, and a colon only follows a member name. */
const piece = /"(?:[^"\\]|\\.)*"(?=\s*(:)?)|[{}]/g

/**
 * Whether all parsers read this JSON alike: no object at any depth has a duplicate member (parsers take the first or
 * the last, RFC 8259 §4), or one called `__proto__`. Names are compared unescaped. The text must be valid JSON.
 */
export function hasOneReading(json: string): boolean {
  const open: Set<string>[] = []
  for (const [token, colon] of json.matchAll(piece)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      const name = JSON.parse(token) as string
      const names = open.at(-1)!
      if (name === '__proto__' || names.has(name)) return false
      names.add(name)
    }
  }
  return true
}
