import type { Provider } from 'oidc-provider'
import { styleSource } from './style.ts'

export type Middleware = Parameters<Provider['use']>[0]

/** `targets` are where forms may lead. */
export function securityHeaders(targets: readonly string[]): Middleware {
  const policy = [
    "default-src 'none'",
    `style-src ${styleSource}`,
    // No script is served from here; the provider adds the hash of the one that a page of its own contains.
    "script-src 'self'",
    'img-src data:',
    `form-action 'self' ${targets.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return async (ctx, next) => {
    ctx.set({
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    await next()
  }
}
