import { type Call, isUpload } from '../call.ts'
import { Fault } from '../fault.ts'

/**
 * Whether a call can safely go to another address, whatever its method: no connection was made, so nothing was sent.
 * Not for streams, nor for calls already cancelled.
 */
export function isUnsent(error: unknown, call: Call): boolean {
  if (!(error instanceof Fault) || call.scope.ended) return false
  if (isUpload(call)) return false
  return isOfConnecting(error.cause)
}

/** Node reports the system call, also within aggregated errors of several tries; undici reports a code. */
function isOfConnecting(error: unknown): boolean {
  const { syscall, code, errors } = (error ?? {}) as { syscall?: unknown; code?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isOfConnecting)
  return syscall === 'connect' || code === 'UND_ERR_CONNECT_TIMEOUT'
}
