import { problem, type Problem } from '../problem.ts'

/** Nothing can be said about the caller for now; a 401 would sign out people who did nothing wrong. */
export const identityUnavailable = (cause: unknown): Problem =>
  problem(503, 'identity-unavailable', {
    detail: 'The identity provider cannot be reached.',
    headers: { 'retry-after': '2' },
    cause,
  })
