const unreserved = /%(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9ae]|3[0-9]|2[de]|5f)/gi

/** Most paths: nothing to decode or refuse. */
const plain = /^(?:\/[\w~-][\w.~-]*)+$/

/**
 * The canonical form of a path, which is routed, guarded and forwarded. Escapes of unreserved characters are decoded
 * (RFC 3986 §6.2.2.2). What two parsers could read differently is refused (`undefined`): dot segments, empty segments,
 * encoded slashes or backslashes, `;` parameters, control characters, invalid escapes.
 */
export function canonical(path: string): string | undefined {
  if (path.length > maxLength) return undefined
  if (plain.test(path)) return path
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[\\;#]|\/\//.test(path)) return undefined
  if (/%(?![0-9a-f]{2})/i.test(path) || /%(?:2f|5c|3b|[01][0-9a-f]|7f)/i.test(path)) return undefined
  const decoded = path.replace(unreserved, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)))
  if (/\/\.{1,2}(?:\/|$)/.test(decoded)) return undefined
  return isUtf8(decoded) ? decoded.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase()) : undefined
}

/** Longest request target, in bytes. */
export const maxLength = 8_192

function isUtf8(path: string): boolean {
  try {
    return decodeURIComponent(path) !== ''
  } catch {
    return false
  }
}
