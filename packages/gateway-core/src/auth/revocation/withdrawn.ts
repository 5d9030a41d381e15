import type { Identity } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'

const answers = {
  session: ['session-expired', 'Cookie realm="session"', { loginUrl: '/bff/login' }],
  bearer: ['token-invalid', 'Bearer error="invalid_token"', undefined],
  'api-key': ['key-invalid', 'ApiKey', undefined],
  certificate: ['certificate-invalid', 'Certificate', undefined],
} as const satisfies Record<Identity['by'], readonly [code: string, challenge: string, extra: object | undefined]>

/** The 401 for a credential that is no longer valid, in the form its client expects. */
export function withdrawn({ by }: Pick<Identity, 'by'>): Problem {
  const [code, challenge, extra] = answers[by]
  return problem(401, code, { extra, headers: { 'www-authenticate': challenge } })
}
