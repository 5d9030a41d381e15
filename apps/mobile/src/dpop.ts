import { webcrypto } from 'node:crypto'

type Fetch = typeof globalThis.fetch
type KeyPair = webcrypto.CryptoKeyPair

/** A non-extractable key of this install, for the app's secure storage. Replacing it means signing in again. */
export const dpopKey = (): Promise<KeyPair> => webcrypto.subtle.generateKey(ec, false, ['sign', 'verify'])

const ec = { name: 'ECDSA', namedCurve: 'P-256' } as const

/**
 * A `fetch` that proves possession of the key with every request (RFC 9449), so a token copied off the device is useless. For the
 * token endpoint and for a BFF that accepts DPoP: a bearer token goes out as a `DPoP` one.
 */
export function proving(key: KeyPair, fetch: Fetch = globalThis.fetch, now: () => number = Date.now): Fetch {
  // Each server issues its own (§8).
  const nonces = new Map<string, string>()
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init.headers)
    const [, token] = /^Bearer (.*)$/.exec(headers.get('authorization') ?? '') ?? []
    if (token !== undefined) headers.set('authorization', `DPoP ${token}`)
    const attempt = async (): Promise<Response> => {
      const claims = { htm: init.method ?? 'GET', htu: url.origin + url.pathname, iat: Math.floor(now() / 1_000) }
      const more = { jti: crypto.randomUUID(), nonce: nonces.get(url.origin), ath: token && (await sha256(token)) }
      headers.set('dpop', await sign(key, { ...claims, ...more }))
      return fetch(input, { ...init, headers })
    }
    const first = await attempt()
    const wanted = await wantsNonce(first)
    remember(nonces, url.origin, first)
    if (!wanted) return first
    const second = await attempt()
    remember(nonces, url.origin, second)
    return second
  }
}

function remember(nonces: Map<string, string>, origin: string, { headers }: Response): void {
  const nonce = headers.get('dpop-nonce')
  if (nonce !== null) nonces.set(origin, nonce)
}

/** Such a refusal only asks for a nonce. A BFF signals it in a header (§9), a token endpoint in the body. */
async function wantsNonce(answer: Response): Promise<boolean> {
  if (!answer.headers.has('dpop-nonce')) return false
  if (answer.status === 401) return /use_dpop_nonce/.test(answer.headers.get('www-authenticate') ?? '')
  return answer.status === 400 && (await answer.clone().text()).includes('"use_dpop_nonce"')
}

async function sign({ privateKey, publicKey }: KeyPair, claims: object): Promise<string> {
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', publicKey)
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const text = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join('.')
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  return `${text}.${base64url(await webcrypto.subtle.sign(algorithm, privateKey, utf8(text)))}`
}

const sha256 = async (text: string): Promise<string> => base64url(await webcrypto.subtle.digest('SHA-256', utf8(text)))

const utf8 = (text: string) => new TextEncoder().encode(text)

const base64url = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as ArrayBuffer).toString('base64url')
