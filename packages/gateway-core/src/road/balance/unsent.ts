import { type Call, isUpload } from '../call.ts'
import { Fault } from '../fault.ts'

/**
 * Whether a call may go to another address for certain, whatever its method: there never was a connection, so nothing of it
 * was sent. A stream stays where it is, and so does what nobody waits for any more.
 */
export function isUnsent(error: unknown, call: Call): boolean {
  if (!(error instanceof Fault) || call.scope.ended) return false
  if (isUpload(call)) return false
  return isOfConnecting(error.cause)
}

/** Node says so by the system call, also within the errors of several tries at once; undici by a code. */
function isOfConnecting(error: unknown): boolean {
  const { syscall, code, errors } = (error ?? {}) as { syscall?: unknown; code?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isOfConnecting)
  return syscall === 'connect' || code === 'UND_ERR_CONNECT_TIMEOUT'
}
