import type { Exchange } from '../../exchange.ts'
import { algorithms } from '../jwt/jws.ts'

export type Scheme = 'Bearer' | 'DPoP'

/** Parameters of a challenge, all sent quoted: `realm`, `error`, `scope`, `acr_values`, `max_age`, `algs`. */
export type Parameters = Readonly<Record<string, string | number | undefined>>

/** One challenge of `WWW-Authenticate` (RFC 9110 §11.6.1). */
export function challenge(scheme: Scheme, parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  if (given.length === 0) return scheme
  return `${scheme} ${given.map(([name, value]) => `${name}="${quoted(String(value))}"`).join(', ')}`
}

/**
 * The accepted schemes in one field. `error` goes with the scheme that was tried, and is omitted if none was (RFC 6750
 * §3); DPoP lists its proof algorithms (RFC 9449 §7.1).
 */
export const challenges = (schemes: readonly Scheme[], realm: string, tried?: Scheme, error?: string): string =>
  schemes
    .map((scheme) =>
      challenge(scheme, {
        realm,
        error: scheme === tried ? error : undefined,
        algs: scheme === 'DPoP' ? algorithms.join(' ') : undefined,
      }),
    )
    .join(', ')

/**
 * Headers of a refusal despite a valid token: `insufficient_scope` (403, RFC 6750 §3.1),
 * `insufficient_user_authentication` (401, RFC 9470 §3). Uses the caller's scheme; none for callers with a cookie, to
 * whom no scheme applies.
 */
export function challengeTo({ headers }: Pick<Exchange, 'headers'>, parameters: Parameters): Record<string, string> {
  const { authorization } = headers
  if (authorization === undefined) return {}
  return { 'www-authenticate': challenge(/^dpop /i.test(authorization) ? 'DPoP' : 'Bearer', parameters) }
}

const quoted = (text: string): string => text.replaceAll(/[\\"]/g, String.raw`\$&`)
