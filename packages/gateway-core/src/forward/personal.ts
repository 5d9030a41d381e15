/**
 * `Cache-Control` of an answer that a service gave for one user: no shared cache may keep it, whatever the service says
 * (`private`, RFC 9111 §5.2.2.7). A service sees a token where browsers send a cookie, which alone keeps no CDN from storing.
 */
export function personal(said: string | readonly string[] = ''): string {
  const directives = String(said)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !/^(?:public|s-maxage)\b/i.test(one))
  const kept = directives.some((one) => /^(?:private|no-store)$/i.test(one))
  return (kept ? directives : ['private', ...directives]).join(', ')
}
