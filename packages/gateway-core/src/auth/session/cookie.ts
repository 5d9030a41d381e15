interface Cookie {
  readonly value: string
  readonly sameSite: 'Strict' | 'Lax'
  /** Seconds. Absent: until the browser closes. */
  readonly maxAge?: number
}

/** The prefix guarantees that no other host and no plain http set it. */
type Prefixed = `__Host-${string}`

/** The only name without it: see `Weaker`. */
type Name = Prefixed | 'development-sid'

export const setCookie = (name: Name, { value, sameSite, maxAge }: Cookie): string =>
  [
    `${name}=${value}`,
    'Path=/',
    ...(name.startsWith('__Host-') ? ['Secure'] : []),
    'HttpOnly',
    `SameSite=${sameSite}`,
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ].join('; ')

export const clearCookie = (name: Name, sameSite: Cookie['sameSite']): string =>
  setCookie(name, { value: '', sameSite, maxAge: 0 })

/** In order of arrival. Names match byte for byte: only spaces and tabs are trimmed, nothing is unquoted. */
export function readCookies(header: string | undefined): readonly (readonly [name: string, value: string])[] {
  return (header ?? '').split(';').map((pair) => {
    const text = pair.replace(/^[ \t]+|[ \t]+$/g, '')
    const equals = text.indexOf('=')
    return equals < 0 ? ['', text] : [text.slice(0, equals), text.slice(equals + 1)]
  })
}
