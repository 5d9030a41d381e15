import { type Call, isUpload } from './call.ts'
import { Fault } from './fault.ts'

const failing = new Set([500, 502, 503, 504])

export const isFailing = (status: number): boolean => failing.has(status)

/**
 * Whether an error is the service's failure. Not if the call was cancelled, its client took the time, or it arrived
 * with less than half of `usual` ms left. An ended scope means the deadline; an attempt's own limit leaves the scope
 * running.
 */
export function isFailure(error: unknown, call: Call, took: number, usual: number): boolean {
  if (!(error instanceof Fault)) return false
  if (error.kind === 'refused' || error.kind === 'reset' || error.kind === 'malformed') return true
  if (error.kind !== 'timeout') return false
  return !call.scope.ended || (took >= usual / 2 && !isUpload(call))
}
