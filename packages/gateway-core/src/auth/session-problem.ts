import { problem, type Problem } from '../problem.ts'
import { clearSession } from './session-cookie.ts'

/** 401. `loginUrl` is where the client sends the browser next. */
const sessionProblem = (code: 'session-required' | 'session-expired', detail: string, clear: boolean): Problem =>
  problem(401, code, {
    detail,
    extra: { loginUrl: '/bff/login' },
    headers: { 'www-authenticate': 'Cookie realm="session"', ...(clear ? { 'set-cookie': clearSession() } : {}) },
  })

export const nobody = (): Problem => sessionProblem('session-required', 'Nobody is signed in.', false)

/** Two cookies of our name: an honest browser has one at most, so somebody else has put one there. */
export const ambiguous = (): Problem => sessionProblem('session-required', 'Two sessions were sent.', true)

export const expired = (): Problem => sessionProblem('session-expired', 'The session has ended.', true)
