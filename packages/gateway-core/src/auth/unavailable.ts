import { problem, type Problem } from '../problem.ts'

/** The caller cannot be verified now; a 401 would sign out people wrongly. */
export const identityUnavailable = (cause: unknown): Problem =>
  problem(503, 'identity-unavailable', {
    detail: 'The identity provider cannot be reached.',
    headers: { 'retry-after': '2' },
    cause,
  })
