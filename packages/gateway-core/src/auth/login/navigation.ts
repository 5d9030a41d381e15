import type { ServerResponse } from 'node:http'
import type { Exchange, Handler } from '../../exchange.ts'
import { problem, Problem } from '../../problem.ts'
import { sendLoginPage } from './login-page.ts'

/**
 * A handler for top-level navigation only: otherwise any site could begin or end logins in the background with scripts,
 * frames and images. HEAD and prefetch are refused too. A client that accepts HTML gets a refusal as a page.
 */
export const navigation =
  (handler: Handler): Handler =>
  async (exchange, req, res, grant) => {
    try {
      checkNavigation(exchange)
      await handler(exchange, req, res, grant)
    } catch (error) {
      if (!(error instanceof Problem) || !/\btext\/html\b/i.test(exchange.headers.accept ?? '')) throw error
      // For the access log.
      const { locals } = res as ServerResponse & { locals?: { failed?: Problem } }
      if (locals !== undefined) locals.failed = error
      sendLoginPage(res, error, exchange.traceId)
    }
  }

function checkNavigation({ method, headers }: Exchange): void {
  if (method !== 'GET') throw problem(405, 'method-not-allowed', { headers: { allow: 'GET' } })
  const ahead = /\bprefetch\b/i.test(`${String(headers['sec-purpose'])} ${String(headers['purpose'])}`)
  // Only top-level navigation sends `document`; others send `iframe`, `image`, `empty` and so on.
  if ((headers['sec-fetch-dest'] ?? 'document') === 'document' && !ahead) return
  throw problem(403, 'not-a-navigation', {
    detail: 'Open the login as a page; it cannot be fetched, framed or prefetched.',
  })
}
