const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What is JSON in UTF-8 (no BOM) and an object, with its text. */
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

/** In JSON nothing but a string has quotes, and nothing but a name has a colon behind it. */
const piece = /"(?:[^"\\]|\\.)*"(?=\s*(:)?)|[{}]/g

/**
 * Whether all who read this JSON read the same: no object in it, however deep, has a member twice (of which some take the first
 * and some the last, RFC 8259 §4), or one called `__proto__`. Names are compared unescaped. The text must be JSON.
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
