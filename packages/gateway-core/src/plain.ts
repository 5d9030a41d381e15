/** JSON Web Tokens, also truncated ones (a base64url JSON object and what follows), and our API keys. */
const secret = /eyJ[\w-]{6,}(?:\.[\w-]*)*|bffk_[\w-]*(?:\.[\w-]*)?/g

/**
 * Makes outside text safe for one log line: at most `length` characters, printable ASCII only (others as `%1B`),
 * without JSON Web Tokens or API keys, and no control sequences for a terminal.
 */
export function plain(text: string, length: number): string {
  const short = text.length > length ? text.slice(0, length) : text
  const printable = /^[\x20-\x7e]*$/.test(short) ? short : short.replace(/[^\x20-\x7e]/g, escaped).slice(0, length)
  return printable.includes('eyJ') || printable.includes('bffk_') ? printable.replace(secret, '[token]') : printable
}

/** `plain` for a value that may be absent, as header fields are. */
export const plainOrAbsent = (value: string | string[] | undefined, length: number): string | undefined =>
  value === undefined ? undefined : plain(String(value), length)

const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

const longestPath = 512

/** Resource ids are shorter; secrets in a path, e.g. of a password reset link, mostly longer. */
const longestSegment = 64

/**
 * The path of a request target for the log: no query in any encoding, no user info of an absolute form, no long
 * segment.
 */
export function plainPath(url: string): string {
  const target = url.startsWith('/') ? url : url.slice(0, 2_048).replace(/^[\w+.-]+:\/\/[^/?#]*/, '')
  const start = target.length > longestPath ? target.slice(0, longestPath) : target
  const end = start.search(/[?#;]|%(?:23|3[bf])/i)
  const path = end < 0 ? start : start.slice(0, end)
  const hidden = path.length > longestSegment ? path.replace(/[^/]{65,}/g, '[long]') : path
  return plain(hidden, longestPath)
}

/** The logged form of an error. */
export interface PlainError {
  readonly message: string
  /** Includes those of its causes. */
  readonly stack: string
}

const longestMessage = 256
const longestStack = 2_000
const deepestCause = 5

/** The stack and causes of an error, without the fields that libraries attach: those hold headers. */
export function plainError(error: unknown): PlainError {
  const causes: string[] = []
  for (let each = error; each !== undefined && causes.length < deepestCause;) {
    causes.push(each instanceof Error ? (each.stack ?? `${each.name}: ${each.message}`) : typeof each)
    each = each instanceof Error ? each.cause : undefined
  }
  const lines = causes
    .join('\ncaused by ')
    .slice(0, 10 * longestStack)
    .split('\n')
  // Without a prototype, or pino would log its type, which is Object.
  return Object.assign(Object.create(null) as object, {
    message: plain(error instanceof Error ? error.message : typeof error, longestMessage),
    stack: lines
      .map((line) => plain(line, 512))
      .join('\n')
      .slice(0, longestStack),
  })
}
