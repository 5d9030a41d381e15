import { within } from './networks.ts'

/** One environment variable: how to parse it, and what to say if it is invalid. */
export interface Variable<T> {
  /** Throws on invalid text. */
  readonly parse: (text: string) => T
  /** Completes "must be …". */
  readonly shape: string
  readonly example: string
  /** Default in every environment. */
  readonly fallback?: string | undefined
  /** Default unless `NODE_ENV` is `production`. */
  readonly development?: string | undefined
  /** Its value is never shown, even if invalid. */
  readonly hidden?: boolean | undefined
}

/** TCP port; 0 lets the system choose. */
export const port = (fallback: number): Variable<number> => ({
  parse: (text) => {
    const value = Number(text)
    if (!/^\d{1,5}$/.test(text) || value > 65_535) throw new TypeError(text)
    return value
  },
  shape: 'a port, 0 to 65535',
  example: String(fallback),
  fallback: String(fallback),
})

/** Origin of an upstream or of this app, with an optional base path. The default applies in development only. */
export const url = (development: string): Variable<string> => {
  const exact = issuer(development)
  return { ...exact, parse: (text) => exact.parse(text).replace(/\/+$/, '') }
}

/** A token issuer, compared exactly: an `iss` that ends in a slash differs from one without (RFC 8414 §3.3). */
export const issuer = (development: string): Variable<string> => ({
  parse: (text) => {
    const { protocol, username, search, hash } = new URL(text)
    if (!/^https?:$/.test(protocol) || username + search + hash !== '') throw new TypeError(text)
    return text
  },
  shape: 'an http(s) URL without credentials, query or fragment',
  example: development,
  development,
})

/**
 * Addresses of an upstream: one URL or a list, each with an optional weight or arm, or a DNS name that resolves to
 * them, e.g. `dns+http://catalog:4101`. The details are checked when the gateway starts.
 */
export const addresses = (development: string): Variable<string> => ({
  parse: (text) => {
    if (!text.split(',').every((entry) => /^(?:dns\+|srv\+)?https?:\/\/[^\s@]+$/.test(entry.trim())))
      throw new TypeError(text)
    return text
  },
  shape: 'one or more http(s) URLs, separated by commas',
  example: development,
  development,
})

/** Addresses and CIDR ranges, separated by commas. */
export const networks = (fallback: string): Variable<readonly string[]> => ({
  parse: (text) => {
    const entries = text.split(',').flatMap((entry) => entry.trim() || [])
    within(entries)
    return entries
  },
  shape: 'addresses and CIDR ranges, separated by commas',
  example: '10.0.0.0/8',
  fallback,
})

/** Also read from the file that `<NAME>_FILE` names. The default applies in development only. */
export const secret = (development: string): Variable<string> => ({
  parse: (text) => {
    if (text.length < 32) throw new TypeError('too short')
    return text
  },
  shape: 'at least 32 characters (`openssl rand -base64 32` makes one), or <NAME>_FILE naming a file with them',
  example: '<secret>',
  development,
  hidden: true,
})

/**
 * Certificates or a private key, as an upstream's `tls` takes; also read from the file that `<NAME>_FILE` names. Unset
 * or `none`: undefined. The content is checked when the gateway starts.
 */
export const pem = (): Variable<string | undefined> => ({
  parse: (text) => {
    if (text === 'none') return undefined
    if (!text.includes('-----BEGIN ')) throw new TypeError('not PEM')
    return text
  },
  shape: 'PEM, or <NAME>_FILE naming a file with it, or none',
  example: '"$(cat ca.pem)"',
  // A word, so that an empty file is a fault and does not silently select the default authority.
  fallback: 'none',
  hidden: true,
})

/** URL of a Redis, which may hold a password; also read from the file that `<NAME>_FILE` names. Empty: no Redis. */
export const redis = (): Variable<string> => ({
  parse: (text) => {
    if (text === '') return text
    const { protocol, hostname, pathname, search, hash, username, password } = new URL(text)
    decodeURIComponent(username + password)
    if (!/^rediss?:$/.test(protocol) || hostname === '' || search + hash !== '') throw new TypeError('not a Redis URL')
    if (!/^\/?\d{0,4}$/.test(pathname)) throw new TypeError('invalid database number')
    return text
  },
  shape: 'the URL of a Redis, with a database number if not 0, or empty',
  example: 'rediss://user:password@redis:6379/0',
  fallback: '',
  hidden: true,
})

/** Several secrets, separated by commas: the first is in use, the others are still accepted. */
export const secrets = (development: string): Variable<readonly string[]> => ({
  parse: (text) => text.split(',').map((one) => secret(development).parse(one.trim())),
  shape:
    'secrets of at least 32 characters each, the newest first, separated by commas, or <NAME>_FILE naming a file with them',
  example: '<secret>',
  hidden: true,
  development,
})

/** Like `secrets`, or none. */
export const optionalSecrets = (): Variable<readonly string[]> => {
  const { parse, shape, ...some } = secrets('')
  return { ...some, parse: (text) => (text === '' ? [] : parse(text)), shape: `${shape}, or empty`, fallback: '' }
}

export const text = (fallback: string): Variable<string> => ({
  parse: (value) => value,
  shape: 'text',
  example: fallback,
  fallback,
})

/** One of several words; the first is the default. */
export const oneOf = <const W extends readonly [string, ...string[]]>(...words: W): Variable<W[number]> => ({
  parse: (text) => {
    const word = words.find((one) => one === text)
    if (word === undefined) throw new TypeError(text)
    return word
  },
  shape: `one of ${words.join(', ')}`,
  example: words[0],
  fallback: words[0],
})

/** A whole number above 0. */
export const count = (fallback: number): Variable<number> => ({
  parse: (value) => {
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new TypeError(value)
    return Number(value)
  },
  shape: 'a whole number above 0',
  example: String(fallback),
  fallback: String(fallback),
})

/** A whole number of milliseconds. */
export const milliseconds = (fallback: number): Variable<number> => ({
  parse: (value) => {
    if (!/^\d{1,9}$/.test(value)) throw new TypeError(value)
    return Number(value)
  },
  shape: 'a whole number of milliseconds',
  example: String(fallback),
  fallback: String(fallback),
})
