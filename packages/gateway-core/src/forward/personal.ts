/**
 * `Cache-Control` of a response for one user: no shared cache may keep it, whatever the service says (`private`, RFC
 * 9111 §5.2.2.7). The service saw a token, but browsers send a cookie, which by itself stops no CDN from storing.
 */
export function personal(value: string | readonly string[] = ''): string {
  const directives = String(value)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !/^(?:public|s-maxage)\b/i.test(one))
  const kept = directives.some((one) => /^(?:private|no-store)$/i.test(one))
  return (kept ? directives : ['private', ...directives]).join(', ')
}
