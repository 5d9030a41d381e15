import type { Provider } from 'oidc-provider'
import { pressSource } from './press.ts'
import { styleSource } from './style.ts'

export type Middleware = Parameters<Provider['use']>[0]

/** The content security policy of a page. `targets` are where its forms may lead. */
export const contentPolicy = (targets: readonly string[]): string =>
  [
    "default-src 'none'",
    `style-src ${styleSource}`,
    // Our only script; the provider adds the hash of the script in its own pages.
    `script-src ${pressSource}`,
    'img-src data:',
    `form-action 'self' ${targets.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

export function securityHeaders(targets: readonly string[]): Middleware {
  const headers = {
    'content-security-policy': contentPolicy(targets),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // For browsers without `frame-ancestors` (RFC 9700 §4.16).
    'x-frame-options': 'DENY',
  }
  return async (ctx, next) => {
    ctx.set(headers)
    await next()
  }
}
