import type { DpopOptions } from '../src/auth.ts'
import { memoryStore } from '../src/state/memory.ts'
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { thumbprint } from '../src/auth/bearer/proof.ts'
import { jwk, NOW, token } from './issuer.ts'

export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

export interface Shown {
  readonly token: string
  readonly nonce?: string | undefined
  readonly method?: string
  readonly url?: string
  readonly header?: object
  readonly claims?: object
  readonly key?: KeyObject
}

let made = 0

/** A client with a key of its own (RFC 9449). It proves whatever it is told to, sensible or not. */
export function prover(pair = generateKeyPairSync('ec', { namedCurve: 'P-256' }), alg = 'ES256') {
  const publicJwk = jwk(pair.publicKey)
  return {
    ...pair,
    publicJwk,
    jkt: thumbprint(publicJwk)!,
    proof: ({ token: of, nonce, method = 'GET', url = 'https://m.example/m/v1/cart', ...more }: Shown): string =>
      token(
        {
          jti: `proof-${(made += 1)}`,
          htm: method,
          htu: url,
          iat: NOW / 1000,
          ath: digest(of),
          nonce,
          ...more.claims,
        },
        {
          header: { alg, typ: 'dpop+jwt', jwk: publicJwk, kid: undefined, ...more.header },
          key: more.key ?? pair.privateKey,
        },
      ),
  }
}

/** For an app that its clients know as `https://m.example`. */
export const dpop = (mode: DpopOptions['mode']): DpopOptions => ({
  mode,
  publicUrl: 'https://m.example',
  store: memoryStore(),
  secrets: ['s'.repeat(32)],
})
