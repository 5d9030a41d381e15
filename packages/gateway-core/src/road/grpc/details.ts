import { fromBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import type { Headers } from '../call.ts'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js'
import { StatusSchema } from './gen/google/rpc/status_pb.js'

/** What a service said about its error beside the code (https://google.aip.dev/193). All of it may be lies. */
export interface Details {
  /** `OUT_OF_STOCK`, or empty. */
  readonly reason: string
  /** Fields of the request that were refused. */
  readonly violations: readonly { readonly field: string; readonly reason: string }[]
  /** Milliseconds after which asking again is worth it; undefined when nothing was said. */
  readonly retryAfter: number | undefined
}

const nothing: Details = { reason: '', violations: [], retryAfter: undefined }

/** More violations than this of one answer are not told. */
const most = 100

/** Read `grpc-status-details-bin`. What cannot be read says nothing. */
export function detailsOf(headers: Headers): Details {
  const text = headers['grpc-status-details-bin']
  if (typeof text !== 'string') return nothing
  try {
    let { reason, violations, retryAfter } = nothing
    for (const detail of fromBinary(StatusSchema, Buffer.from(text, 'base64')).details) {
      const info = anyUnpack(detail, ErrorInfoSchema)
      if (info !== undefined) ({ reason } = info)
      const retry = anyUnpack(detail, RetryInfoSchema)?.retryDelay
      if (retry !== undefined) retryAfter = Math.max(0, Number(retry.seconds) * 1_000 + retry.nanos / 1e6)
      const refused = anyUnpack(detail, BadRequestSchema)?.fieldViolations
      if (refused !== undefined) violations = [...violations, ...refused].slice(0, most)
    }
    return { reason, violations, retryAfter }
  } catch {
    return nothing
  }
}

/** `lines[0].unit_price` as a pointer (RFC 6901): `/lines/0/unit_price`. What is no such path is the whole request. */
export function pointerOf(field: string): string {
  if (field.length > 256 || !/^[\w-]+(?:\.[\w-]+|\[[\w-]+\])*$/.test(field)) return ''
  return `/${field.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`
}

/** `OUT_OF_STOCK` as a code of ours: `out-of-stock`. */
export const codeOfReason = (reason: string): string => reason.toLowerCase().replaceAll('_', '-')
