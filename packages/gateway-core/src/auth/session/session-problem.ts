import { problem, type Problem } from '../../problem.ts'
import type { SessionCookie } from './session-cookie.ts'

/** Why nobody is signed in, each a 401. */
export interface SessionProblems {
  readonly nobody: () => Problem
  /** An honest browser has one cookie of our name at most, so somebody else has put one there. */
  readonly ambiguous: () => Problem
  /** Ended, changed, or never made here: which of them is nobody's business. */
  readonly expired: () => Problem
}

export function sessionProblems(cookie: Pick<SessionCookie, 'clear'>): SessionProblems {
  const cleared = () => ({ 'set-cookie': cookie.clear() })
  return {
    nobody: () => sessionProblem('session-required', 'Nobody is signed in.'),
    ambiguous: () => sessionProblem('session-required', 'Two sessions were sent.', cleared()),
    expired: () => sessionProblem('session-expired', 'The session has ended.', cleared()),
  }
}

/** `loginUrl` is where the client sends the browser next. */
const sessionProblem = (code: 'session-required' | 'session-expired', detail: string, headers: object = {}): Problem =>
  problem(401, code, {
    detail,
    extra: { loginUrl: '/bff/login' },
    headers: { 'www-authenticate': 'Cookie realm="session"', ...headers },
  })
