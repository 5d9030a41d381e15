import { problem } from '../../problem.ts'
import type { Prompt } from './provider.ts'
import { returnPath } from './return-url.ts'
import type { Purpose } from './transaction.ts'

const PROMPTS: readonly string[] = ['login', 'none', 'consent', 'select_account'] satisfies readonly Prompt[]

/**
 * Parses a request to `/bff/login`: `returnUrl`, a path on this site, default `/`; `prompt`, passed to the provider;
 * and for a step-up (RFC 9470) `max_age` in seconds and `acr`, space-separated. Throws 400 `invalid-return-url` or
 * `invalid-login-request`: invalid values are never silently replaced.
 */
export function loginRequest(query: URLSearchParams, origin: string): Purpose & { readonly prompt?: Prompt } {
  const [returnUrl, ...others] = query.getAll('returnUrl')
  const path = returnPath(returnUrl ?? '/', origin)
  if (path === undefined || others.length > 0) {
    throw problem(400, 'invalid-return-url', {
      detail: 'returnUrl must be a path on this site, such as /orders?page=2.',
    })
  }
  const prompt = one(query, 'prompt', (text) => PROMPTS.includes(text)) as Prompt | undefined
  const maxAge = one(query, 'max_age', (text) => /^\d{1,6}$/.test(text))
  // RFC 6749 §3.3 defines these characters for list values.
  const acr = one(query, 'acr', (text) =>
    /^(?=.{1,128}$)[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(text),
  )
  return {
    returnUrl: path,
    ...(prompt === undefined ? {} : { prompt }),
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
    ...(acr === undefined ? {} : { acr }),
  }
}

function one(query: URLSearchParams, name: string, fits: (text: string) => boolean): string | undefined {
  const [text, ...others] = query.getAll(name)
  if (text === undefined) return undefined
  if (others.length === 0 && fits(text)) return text
  throw problem(400, 'invalid-login-request', { detail: `${name} has a value that a login does not take.` })
}
