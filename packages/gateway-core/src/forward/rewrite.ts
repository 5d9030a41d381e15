import { validateHeaderName, validateHeaderValue } from 'node:http'
import { fromClient, fromUpstream } from '../road/headers.ts'

/** One header operation: names in any case, values as sent. */
export type HeaderOp =
  | readonly [op: 'set', name: string, value: string]
  /** Keeps existing values. */
  | readonly [op: 'add', name: string, value: string]
  | readonly [op: 'remove', name: string]
  | readonly [op: 'rename', from: string, to: string]

/** Applied in this order. */
export type HeaderOps = readonly HeaderOp[]

export interface Rewrite {
  /**
   * Path at the upstream: literals, `:name` from the prefix, and as last segment `*` for what follows the prefix, which
   * is dropped without it. Default: `/*`, the path without the prefix.
   */
  readonly path?: string
  readonly request?: HeaderOps
  /** Applied to headers of the upstream, never to the gateway's own. */
  readonly response?: HeaderOps
}

export type Direction = 'request' | 'response'
type Headers = Record<string, string | string[]>

/** They describe the body, which header operations do not change. */
const framing = new Set(['content-length', 'content-encoding', 'content-range'])

/** Faults of a rewrite, one sentence each. */
export function faultsOfRewrite(prefix: string, { path, request = [], response = [] }: Rewrite): string[] {
  return [
    ...(path === undefined ? [] : faultsOfTemplate(prefix, path)),
    ...request.flatMap((op) => faultsOfOp(op, 'request')),
    ...response.flatMap((op) => faultsOfOp(op, 'response')),
  ]
}

/**
 * Compiles the operations into one function, which mutates and returns the headers it is given (lower-case names): pass
 * a copy. Throws a `TypeError` for what `faultsOfRewrite` names.
 */
export function compileHeaderOps(ops: HeaderOps, direction: Direction): (headers: Headers) => Headers {
  const faults = ops.flatMap((op) => faultsOfOp(op, direction))
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  const steps = ops.map(compileOp)
  return (headers) => {
    for (const step of steps) step(headers)
    return headers
  }
}

function compileOp([op, given, other = '']: HeaderOp): (headers: Headers) => void {
  const name = given.toLowerCase()
  switch (op) {
    case 'set':
      return (headers) => {
        headers[name] = other
      }
    case 'add':
      return (headers) => {
        const before = headers[name]
        headers[name] = before === undefined ? other : [before, other].flat()
      }
    case 'remove':
      return (headers) => {
        delete headers[name]
      }
    default:
      return rename(name, other.toLowerCase())
  }
}

/** An existing header of the new name is removed: a client must not be able to add a second value. */
function rename(from: string, to: string): (headers: Headers) => void {
  return (headers) => {
    const value = headers[from]
    delete headers[from]
    delete headers[to]
    if (value !== undefined) headers[to] = value
  }
}

function faultsOfOp([op, name, other = '']: HeaderOp, direction: Direction): string[] {
  const what = `${direction}: ${op} ${JSON.stringify(name)}`
  const written = op === 'rename' ? other : name
  const names = op === 'rename' ? [name, other] : [name]
  const misspelt = names.filter((one) => !valid(() => validateHeaderName(one)))
  if (misspelt.length > 0) return [`${what}: ${JSON.stringify(misspelt[0])} is not a header name`]
  const frame = names.find((one) => framing.has(one.toLowerCase()))
  if (frame !== undefined) return [`${what}: ${frame} belongs to the body, which stays as it is`]
  if (op !== 'remove' && !travels(written.toLowerCase(), direction))
    return [`${what}: ${written} is set by the gateway, or never forwarded`]
  if ((op === 'set' || op === 'add') && !valid(() => validateHeaderValue(name, other)))
    return [`${what}: its value has characters that no header may have`]
  return []
}

/** Headers stripped from outside may not be set here either. `location` is mapped after the operations. */
const travels = (name: string, direction: Direction): boolean =>
  Object.hasOwn(direction === 'request' ? fromClient([name, '']) : fromUpstream({ [name]: '' }), name)

function valid(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

type Params = Readonly<Record<string, string>>

const literal = /^[\w.~!$&'()+,=@-]+$/

/**
 * Compiles a template into a function of a canonical path and its parameters. Parameters are re-encoded, so none leaves
 * its segment; `*` is canonical already and passes unchanged. Throws a `TypeError` for what `faultsOfRewrite` names.
 */
export function compilePath(prefix: string, template = '/*'): (path: string, params: Params) => string {
  const faults = faultsOfTemplate(prefix, template)
  if (faults.length > 0) throw new TypeError(faults.join('\n'))
  const rest = restOf(prefix)
  if (template === '/*') return rest
  const segments = template.split('/').slice(1)
  return (path, params) => {
    let url = ''
    for (const segment of segments) {
      if (segment === '*') url += rest(path)
      else url += segment.startsWith(':') ? `/${encodeURIComponent(params[segment.slice(1)] ?? '')}` : `/${segment}`
    }
    return url
  }
}

/** The path after the prefix, with its slash. */
function restOf(prefix: string): (path: string) => string {
  if (!prefix.includes('/:')) return (path) => path.slice(prefix.length)
  const depth = prefix.split('/').length
  return (path) => {
    let at = 0
    for (let nth = 1; nth < depth; nth++) at = path.indexOf('/', at + 1)
    return path.slice(at)
  }
}

function faultsOfTemplate(prefix: string, template: string): string[] {
  const what = `path ${JSON.stringify(template)}`
  const known = new Set(prefix.match(/:\w+/g))
  const segments = template.split('/').slice(1)
  if (!template.startsWith('/')) return [`${what}: it must start with /`]
  return segments.flatMap((segment, i) => {
    const last = i === segments.length - 1
    if (segment === '*') return last ? [] : [`${what}: * must come last`]
    if (segment.startsWith(':'))
      return known.has(segment) ? [] : [`${what}: the prefix ${prefix} has no parameter ${segment}`]
    if (segment === '' && last) return []
    const fits = literal.test(segment) && segment !== '.' && segment !== '..'
    return fits ? [] : [`${what}: "${segment}" is not a literal path segment`]
  })
}
