import type { Exchange } from '../exchange.ts'
import { algorithms } from './jws.ts'

export type Scheme = 'Bearer' | 'DPoP'

/** Parameters of a challenge, all of them sent in quotes: `realm`, `error`, `scope`, `acr_values`, `max_age`, `algs`. */
export type Parameters = Readonly<Record<string, string | number | undefined>>

/** One challenge of `WWW-Authenticate` (RFC 9110 §11.6.1). */
export function challenge(scheme: Scheme, parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  if (given.length === 0) return scheme
  return `${scheme} ${given.map(([name, value]) => `${name}="${quoted(String(value))}"`).join(', ')}`
}

/**
 * What whoever is not let in may try, in one field: `error` stands with the scheme that was tried. Without one when nothing was
 * (RFC 6750 §3), and with the algorithms of proofs (RFC 9449 §7.1).
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
 * The headers of a refusal for somebody whose token is good and does not do: `insufficient_scope` (403, RFC 6750 §3.1),
 * `insufficient_user_authentication` (401, RFC 9470 §3). In the scheme that the caller has chosen; none for who came with a
 * cookie, for whom no scheme means anything.
 */
export function challengeTo({ headers }: Pick<Exchange, 'headers'>, parameters: Parameters): Record<string, string> {
  const { authorization } = headers
  if (authorization === undefined) return {}
  return { 'www-authenticate': challenge(/^dpop /i.test(authorization) ? 'DPoP' : 'Bearer', parameters) }
}

const quoted = (text: string): string => text.replaceAll(/[\\"]/g, String.raw`\$&`)
