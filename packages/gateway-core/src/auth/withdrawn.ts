import { sessionProblem } from './session.ts'
import { clearSession } from './session-cookie.ts'
import type { Identity } from '../exchange.ts'
import { problem, type Problem } from '../problem.ts'

/** For a proof that was good and is not any more: the 401 that its client knows as the end of one. */
export function withdrawn({ by }: Pick<Identity, 'by'>): Problem {
  switch (by) {
    case 'session':
      return sessionProblem('session-expired', 'The session has ended.', clearSession())
    case 'bearer':
      return problem(401, 'token-invalid', { headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
    case 'api-key':
      return problem(401, 'key-invalid', { headers: { 'www-authenticate': 'ApiKey' } })
    default:
      return problem(401, 'certificate-invalid', { headers: { 'www-authenticate': 'Certificate' } })
  }
}
