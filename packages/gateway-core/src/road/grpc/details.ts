import { fromBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import type { Headers } from '../call.ts'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js'
import { StatusSchema } from './gen/google/rpc/status_pb.js'

/** A service's error details beside the code (https://google.aip.dev/193). Untrusted. */
export interface Details {
  /** `OUT_OF_STOCK`, or empty. */
  readonly reason: string
  /** Rejected fields of the request. */
  readonly violations: readonly { readonly field: string; readonly reason: string }[]
  /** Milliseconds after which a retry is worthwhile; undefined if not given. */
  readonly retryAfter: number | undefined
}

const nothing: Details = { reason: '', violations: [], retryAfter: undefined }

/** Most violations passed on. */
const most = 100

/** Parses `grpc-status-details-bin`. Ignores what is unreadable. */
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

/** `lines[0].unit_price` as a pointer (RFC 6901): `/lines/0/unit_price`. Any other text points to the whole request. */
export function pointerOf(field: string): string {
  if (field.length > 256 || !/^[\w-]+(?:\.[\w-]+|\[[\w-]+\])*$/.test(field)) return ''
  return `/${field.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`
}

/** `OUT_OF_STOCK` as a problem code: `out-of-stock`. */
export const codeOfReason = (reason: string): string => reason.toLowerCase().replaceAll('_', '-')
