const MAX_LENGTH = 1_024

/**
 * The path on this origin to go back to after a login, in its normal form, or `undefined` for whatever could lead
 * elsewhere (RFC 9700 §4.11.1), in this browser or in one that reads addresses more loosely. Nor back into `/bff/`, which
 * would make a circle.
 */
export function returnPath(value: string, origin: string): string | undefined {
  if (value.length > MAX_LENGTH || !/^\/[\x21-\x7e]*$/.test(value) || value.includes('\\')) return undefined
  if (!URL.canParse(value, origin)) return undefined
  const url = new URL(value, origin)
  if (url.origin !== origin || /^\/\/|^\/bff(?:\/|$)|%(?:2f|5c|[01][0-9a-f]|7f)/i.test(url.pathname)) return undefined
  return url.pathname + url.search + url.hash
}
