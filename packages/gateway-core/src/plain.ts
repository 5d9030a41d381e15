/** Three base64url parts of which the first is a JSON object, or what is left of them; and an API key of ours. */
const secret = /eyJ[\w-]{6,}(?:\.[\w-]*)*|bffk_[\w-]*(?:\.[\w-]*)?/g

/**
 * Text from outside, fit for one line of a log: at most `length` characters, printable ASCII only (what else there was as
 * `%1B`), and no JSON Web Token or API key. A terminal that shows it does nothing else.
 */
export function plain(text: string, length: number): string {
  const short = text.length > length ? text.slice(0, length) : text
  const printable = /^[\x20-\x7e]*$/.test(short) ? short : short.replace(/[^\x20-\x7e]/g, escaped).slice(0, length)
  return printable.includes('eyJ') || printable.includes('bffk_') ? printable.replace(secret, '[token]') : printable
}

const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

const longestPath = 512

/** No id of a resource is longer; a secret in a path, as of a link that resets a password, mostly is. */
const longestSegment = 64

/** The path of a request target for the log: no query however it is spelled, no user of an absolute form, no long segment. */
export function plainPath(url: string): string {
  const target = url.startsWith('/') ? url : url.slice(0, 2_048).replace(/^[\w+.-]+:\/\/[^/?#]*/, '')
  const start = target.length > longestPath ? target.slice(0, longestPath) : target
  const end = start.search(/[?#;]|%(?:23|3[bf])/i)
  const path = end < 0 ? start : start.slice(0, end)
  const hidden = path.length > longestSegment ? path.replace(/[^/]{65,}/g, '[long]') : path
  return plain(hidden, longestPath)
}

/** What a log says of an error. */
export interface PlainError {
  readonly message: string
  /** With those of what caused it. */
  readonly stack: string
}

const longestMessage = 256
const longestStack = 2_000
const deepestCause = 5

/** Where an error comes from and what caused it, without the fields that libraries hang on theirs: they hold headers. */
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
  // Without a prototype, else pino would tell its type, which is Object.
  return Object.assign(Object.create(null) as object, {
    message: plain(error instanceof Error ? error.message : typeof error, longestMessage),
    stack: lines
      .map((line) => plain(line, 512))
      .join('\n')
      .slice(0, longestStack),
  })
}
