import { type Call, isUpload } from './call.ts'
import { Fault } from './fault.ts'

const failing = new Set([500, 502, 503, 504])

/** Whether a status is the service's failure. */
export const isFailing = (status: number): boolean => failing.has(status)

/**
 * Whether what went wrong is the service's failure. A call says nothing about it that was called off, whose client was what
 * took the time, or that had less than half of `usual` ms left when it came here. A scope that has ended is the deadline's
 * doing; a limit of the attempt alone leaves it running.
 */
export function isFailure(error: unknown, call: Call, took: number, usual: number): boolean {
  if (!(error instanceof Fault)) return false
  if (error.kind === 'refused' || error.kind === 'reset' || error.kind === 'malformed') return true
  if (error.kind !== 'timeout') return false
  return !call.scope.ended || (took >= usual / 2 && !isUpload(call))
}
