const MAX_LENGTH = 1_024

/**
 * The normalized path on this origin to return to after a login, or `undefined` if it could lead elsewhere (RFC 9700
 * §4.11.1), in this browser or in one that parses URLs more loosely. Not into `/bff/` either, which would loop.
 */
export function returnPath(value: string, origin: string): string | undefined {
  if (value.length > MAX_LENGTH || !/^\/[\x21-\x7e]*$/.test(value) || value.includes('\\')) return undefined
  if (!URL.canParse(value, origin)) return undefined
  const url = new URL(value, origin)
  if (url.origin !== origin || /^\/\/|^\/bff(?:\/|$)|%(?:2f|5c|[01][0-9a-f]|7f)/i.test(url.pathname)) return undefined
  return url.pathname + url.search + url.hash
}
