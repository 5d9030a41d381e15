import { problem, type Problem } from '../../problem.ts'
import type { SessionCookie } from './session-cookie.ts'

/** Reasons for a 401. */
export interface SessionProblems {
  readonly signedOut: () => Problem
  /** An honest browser sends at most one of our cookies, so someone else has planted one. */
  readonly ambiguous: () => Problem
  /** Ended, changed, or never made here: not distinguished for clients. */
  readonly expired: () => Problem
}

export function sessionProblems(cookie: Pick<SessionCookie, 'clear'>): SessionProblems {
  const cleared = () => ({ 'set-cookie': cookie.clear() })
  return {
    signedOut: () => sessionProblem('session-required', 'Nobody is signed in.'),
    ambiguous: () => sessionProblem('session-required', 'Two sessions were sent.', cleared()),
    expired: () => sessionProblem('session-expired', 'The session has ended.', cleared()),
  }
}

/** `loginUrl` is where the client sends the browser. */
const sessionProblem = (code: 'session-required' | 'session-expired', detail: string, headers: object = {}): Problem =>
  problem(401, code, {
    detail,
    extra: { loginUrl: '/bff/login' },
    headers: { 'www-authenticate': 'Cookie realm="session"', ...headers },
  })
