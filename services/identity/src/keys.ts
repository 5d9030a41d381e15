import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { Variable } from '@bff/gateway-core/env'
import type { JWK } from 'oidc-provider'

/** The provider derives its `kid` (RFC 7638). */
export async function signingKey(): Promise<JWK> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
}

/** An environment variable with a JSON Web Key Set. Default: empty. `<NAME>_FILE` may name a file that contains it. */
export const keySet = (kind: 'private' | 'public'): Variable<readonly JWK[]> => ({
  parse: (text) => {
    const { keys } = (text === '' ? { keys: [] } : JSON.parse(text)) as { readonly keys: readonly JWK[] }
    // A private key among public ones has been disclosed.
    if (!keys.every((key) => 'd' in key === (kind === 'private'))) throw new TypeError(`not all keys are ${kind}`)
    return keys
  },
  shape: `a JSON Web Key Set of ${kind} keys (RFC 7517)`,
  example: '<secret>',
  hidden: true,
  fallback: '',
})
