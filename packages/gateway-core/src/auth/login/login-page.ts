import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Problem } from '../../problem.ts'

const TITLE = 'Signing in did not work'

const STYLE = `:root { color-scheme: light dark }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 30rem; padding: 1.5rem }
h1 { margin: 0; font-size: 1.5rem }
small { opacity: .7 }`

/** No scripts, no external resources, no framing. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Renders a login problem as a page: what went wrong, and where to start again. It echoes nothing of the request. */
export function sendLoginPage(res: ServerResponse, failed: Problem, traceId: string): void {
  const { code, detail = '', loginUrl = '/bff/login' } = failed.body(traceId) as Readonly<Record<string, string>>
  const body = Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<style>${STYLE}</style>
<main>
<h1>${TITLE}</h1>
<p>${escape(detail)}</p>
<p><a href="${escape(loginUrl)}">Sign in again</a> or <a href="/">go to the first page</a>.</p>
<p><small>${code} ${traceId}</small></p>
</main>
</html>
`)
  res.writeHead(failed.status, {
    ...failed.options.headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  res.end(res.req.method === 'HEAD' ? undefined : body)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
