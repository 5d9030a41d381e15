import type { Headers } from './call.ts'
import { problem, type Problem } from '../problem.ts'
import { Fault } from './fault.ts'

const codes: Readonly<Record<number, string>> = {
  403: 'forbidden',
  404: 'not-found',
  429: 'too-many-requests',
}

/**
 * Statuses that concern the client pass; all others are the service's fault, or ours: 401, as it saw only our
 * credentials.
 */
export function refusedUpgrade(upstream: string, status: number, headers: Headers): Problem | Fault {
  const code = codes[status]
  if (code === undefined) return new Fault('malformed', upstream, new Error(`status ${status} to an upgrade`))
  const after = headers['retry-after']
  const known = typeof after === 'string' && /^\d{1,5}$/.test(after)
  return problem(status, code, { source: upstream, headers: known ? { 'retry-after': after } : {} })
}
