import type { IncomingMessage } from 'node:http'
import type { Problem } from '../problem.ts'
import { refusal } from './refuse.ts'
import { singletons } from './singletons.ts'

/** Most headers in one request. */
const mostFields = 100

/** Longest header, name and value, in bytes. */
const longestField = 8_192

const mostCookies = 50

type Head = Pick<IncomingMessage, 'rawHeaders' | 'httpVersionMinor'>

interface Field {
  /** A distinct bit if the header may appear only once, else 0. */
  readonly bit: number
  readonly fault?: (value: string, head: Head) => Problem | undefined
}

/** For headers that identify someone: two readings of one byte must not confuse two people. */
const plainText = (value: string): Problem | undefined =>
  /^[\t\x20-\x7e]*$/.test(value) ? undefined : malformed('A header that names somebody has bytes outside of ASCII.')

const faults: Readonly<Record<string, Field['fault']>> = {
  authorization: plainText,
  cookie: plainText,
  host: plainText,
  origin: plainText,
  'x-csrf': plainText,
  'content-length': (value) =>
    /^(?:0|[1-9][0-9]{0,15})$/.test(value) ? undefined : malformed('Content-Length is a number without leading zeros.'),
  expect: (value) =>
    value.toLowerCase() === '100-continue'
      ? undefined
      : refusal(417, 'expectation-failed', 'The only expectation supported is 100-continue.'),
  'transfer-encoding': (value, { httpVersionMinor }) => {
    if (httpVersionMinor === 0) return malformed('HTTP/1.0 has no Transfer-Encoding.')
    if (value.toLowerCase() === 'chunked') return undefined
    return codings.test(value)
      ? refusal(501, 'transfer-coding-unknown', 'The only Transfer-Encoding supported is chunked.')
      : malformed('Transfer-Encoding is malformed.')
  },
}

const codings = /^[!#$%&'*+.^`|~\w-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^`|~\w-]+)*$/

const fields: ReadonlyMap<string, Field> = new Map(
  [...new Set([...singletons, ...Object.keys(faults)])].map((name): [string, Field] => {
    const bit = singletons.includes(name as 'host') ? 1 << singletons.indexOf(name as 'host') : 0
    const fault = faults[name]
    return [name, fault === undefined ? { bit } : { bit, fault }]
  }),
)

/** Headers that services trust, spelled with `-`. */
const trusted =
  /^(?:connection|cookie|forwarded|keep-alive|te|trailer|upgrade|x-(?:auth|csrf|forwarded|internal|original|real|rewrite|user)(?:-.*)?)$/

/**
 * The first fault of a head, in one pass over its headers: too many or too large (431), repeated where that is
 * ambiguous, framing that another parser could read differently, a name that some service would read as another
 * (`X_User_Id`), bytes outside ASCII in a header that identifies someone.
 */
export function headFault(head: Head): Problem | undefined {
  const raw = head.rawHeaders
  if (raw.length > 2 * mostFields) return refusal(431, 'headers-too-large', `At most ${mostFields} headers.`)
  let seen = 0
  let cookies = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    const value = raw[i + 1]!
    if (name.length + value.length > longestField)
      return refusal(431, 'headers-too-large', `At most ${longestField} bytes in one header.`)
    const field = fields.get(name)
    if (field !== undefined && (seen & field.bit) !== 0)
      return refusal(400, 'repeated-header', `${name} may be sent only once.`)
    if (field !== undefined) seen |= field.bit
    const fault = field === undefined ? faultOfUnlisted(name, value) : field.fault?.(value, head)
    if (fault !== undefined) return fault
    if (name === 'cookie' && (cookies += count(value)) > mostCookies)
      return malformed(`At most ${mostCookies} cookies.`)
  }
  return undefined
}

const malformed = (detail: string): Problem => refusal(400, 'malformed-header', detail)

function faultOfUnlisted(name: string, value: string): Problem | undefined {
  if (name.includes('_')) {
    const meant = name.replaceAll('_', '-')
    if (fields.has(meant) || trusted.test(meant)) return malformed('A header has _ where its name has -.')
  }
  return name.startsWith('x-') ? plainText(value) : undefined
}

function count(cookies: string): number {
  let found = 1
  for (let at = cookies.indexOf(';'); at >= 0; at = cookies.indexOf(';', at + 1)) found++
  return found
}
