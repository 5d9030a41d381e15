import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt'
import type { Call } from '../call.ts'

/**
 * Effect of repeating a method: `safe` none, ever · `idempotent` the same as calling it once · `unknown` undeclared.
 */
export type Idempotency = 'safe' | 'idempotent' | 'unknown'

/** From its `.proto` (`idempotency_level`), else from the policy. */
export function idempotencyOf(method: DescMethod, declared: Readonly<Record<string, Idempotency>>): Idempotency {
  if (method.idempotency === Level.NO_SIDE_EFFECTS) return 'safe'
  if (method.idempotency === Level.IDEMPOTENT) return 'idempotent'
  return declared[method.localName] ?? 'unknown'
}

const methods = { safe: 'GET', idempotent: 'PUT', unknown: 'POST' } as const

/**
 * Expresses a gRPC call as an HTTP call, so that filters need not know gRPC: reads are GETs, repeatable calls PUTs, all
 * others POSTs. A unary read carries its message in the URL, as in Connect's protocol, so that equal URLs are equal
 * questions; a stream carries it in its body, as no two streams are the same.
 */
export function spell(method: DescMethod, idempotency: Idempotency, message: Uint8Array) {
  const path = `/${method.parent.typeName}/${method.name}`
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
  const streamed = method.methodKind === 'server_streaming'
  return idempotency === 'safe' && !streamed
    ? { method: 'GET', url: `${path}?message=${bytes.toString('base64url')}`, body: null, streamed }
    : { method: methods[idempotency], url: path, body: bytes, streamed, lasting: streamed }
}

export function pathOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

export function messageOf(call: Call): Buffer {
  const { body, url } = call
  if (body === null) return Buffer.from(url.slice(url.indexOf('=') + 1), 'base64url')
  if (!Buffer.isBuffer(body)) throw new TypeError('a message is bytes')
  return body
}
