import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Operation } from './contract.ts'
import { type Fault, problem } from './problem.ts'
import { validate } from './validate.ts'

export interface PathAndQuery {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
}

export interface Received {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly headers: unknown
}

/** Default size limit of a JSON body, in bytes. */
const maxBody = 102_400

const noQuery = new URLSearchParams()

/** Deepest nesting of JSON arrays and objects. */
const maxDepth = 32

/**
 * Reads and validates a request by its contract. 400, 413 or 415 if it cannot be read, 422 with a pointer per fault if
 * it is invalid.
 */
export async function receive(
  operation: Operation,
  req: IncomingMessage,
  inbound: PathAndQuery,
  most = maxBody,
): Promise<Received> {
  const body = operation.body === undefined ? await empty(req, most) : await json(req, most)
  // An undeclared query is not parsed, nor retained by streams that last for hours.
  const query = operation.query === undefined ? noQuery : inbound.query
  return accept(operation, { params: inbound.params, query, headers: req.headers, body })
}

/** Validates a request that has been read. */
export async function accept(
  operation: Operation,
  { params, query, headers, body }: PathAndQuery & { readonly headers: IncomingHttpHeaders; readonly body: unknown },
): Promise<Received> {
  if (operation.body === undefined && body !== undefined) throw unexpected()
  const raw = { params, query: operation.query === undefined ? {} : multi(query), headers, body }
  const faults: Fault[] = []
  const received: Record<string, unknown> = { params }
  for (const place of ['params', 'query', 'headers', 'body'] as const) {
    const schema = operation[place]
    if (schema === undefined) continue
    const result = await validate(schema, raw[place], `/${place}`)
    if ('value' in result) received[place] = result.value
    else faults.push(...result.faults)
  }
  if (faults.length > 0) throw problem(422, 'validation', { errors: faults })
  return received as unknown as Received
}

/** A string per name, or an array where the name repeats. */
function multi(query: URLSearchParams): Record<string, string | string[]> {
  const values = new Map<string, string | string[]>()
  for (const [name, value] of query) {
    const before = values.get(name)
    if (before === undefined) values.set(name, value)
    else if (typeof before === 'string') values.set(name, [before, value])
    else before.push(value)
  }
  return Object.fromEntries(values)
}

async function empty(req: IncomingMessage, most: number): Promise<undefined> {
  if (Number(req.headers['content-length'] ?? 0) > 0 || req.headers['transfer-encoding'] !== undefined) {
    const body = await readBytes(req, most)
    if (body.length > 0) throw unexpected()
  }
}

const unexpected = () => problem(400, 'unexpected-body', { detail: 'This operation takes no request body.' })

async function json(req: IncomingMessage, most: number): Promise<unknown> {
  const type = req.headers['content-type'] ?? ''
  if (
    !/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i.test(type) ||
    req.headers['content-encoding'] !== undefined
  ) {
    throw problem(415, 'unsupported-media-type', {
      detail: 'Send application/json in UTF-8, without a Content-Encoding.',
    })
  }
  const text = decodeUtf8(await readBytes(req, most))
  try {
    const value: unknown = JSON.parse(text)
    if (depth(value, maxDepth) < 0) throw new SyntaxError('too deep')
    return value
  } catch (cause) {
    throw problem(400, 'invalid-json', { detail: 'The request body is not valid JSON.', cause })
  }
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (cause) {
    throw problem(400, 'invalid-json', { detail: 'The request body is not UTF-8.', cause })
  }
}

/** Reads a request body of at most `most` bytes: 413 `content-too-large` otherwise. */
export async function readBytes(req: IncomingMessage, most: number): Promise<Buffer> {
  const tooLarge = problem(413, 'content-too-large', {
    detail: `At most ${most} bytes.`,
    headers: { connection: 'close' },
  })
  if (Number(req.headers['content-length'] ?? 0) > most) throw tooLarge
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > most) throw tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** How many of the allowed levels `value` leaves unused; negative if it is too deep. */
function depth(value: unknown, left: number): number {
  if (left < 0 || typeof value !== 'object' || value === null) return left
  return Object.values(value).reduce((least: number, inner) => Math.min(least, depth(inner, left - 1)), left)
}
