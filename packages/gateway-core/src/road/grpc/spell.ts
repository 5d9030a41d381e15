import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt'
import type { Call } from '../call.ts'

/** What repeating a method does: `safe` nothing, ever · `idempotent` no more than calling it once · `unknown` nobody said. */
export type Idempotency = 'safe' | 'idempotent' | 'unknown'

/** What its `.proto` says (`idempotency_level`), or else the policy. */
export function idempotencyOf(method: DescMethod, said: Readonly<Record<string, Idempotency>>): Idempotency {
  if (method.idempotency === Level.NO_SIDE_EFFECTS) return 'safe'
  if (method.idempotency === Level.IDEMPOTENT) return 'idempotent'
  return said[method.localName] ?? 'unknown'
}

const methods = { safe: 'GET', idempotent: 'PUT', unknown: 'POST' } as const

/**
 * A gRPC call as the filters know calls, who then need not know about gRPC: what reads is a GET, what can be repeated a PUT,
 * all else a POST. A read that answers once has its message in its url, as it has by Connect's protocol, so that equal urls
 * are equal questions; a stream has it in its body, since no two streams are the same.
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
