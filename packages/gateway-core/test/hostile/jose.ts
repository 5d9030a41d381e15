import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Of the provider; making one takes a while, so all of them share it. */
export const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const strange = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A token before it is signed: whatever is written here is what goes out. */
export interface Draft {
  header: Record<string, unknown>
  claims: Record<string, unknown>
  /** A text makes an HMAC, nothing leaves the signature empty. */
  key: KeyObject | string | undefined
  /** The token as it would be, for whoever wants to spoil it afterwards. */
  finish: (token: string) => string
}

export const draft = (typ: string, claims: Record<string, unknown>): Draft => ({
  header: { alg: 'RS256', typ, kid: 'own' },
  claims,
  key: own.privateKey,
  finish: (token) => token,
})

export function signed({ header, claims, key, finish }: Draft): string {
  const input = [header, claims].map((part) => encode(JSON.stringify(part))).join('.')
  return finish(`${input}.${signatureOf(input, key)}`)
}

function signatureOf(input: string, key: Draft['key']): string {
  if (key === undefined) return ''
  if (typeof key === 'string') return createHmac('sha256', key).update(input).digest('base64url')
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}

export const encode = (text: string): string => Buffer.from(text).toString('base64url')

export const atHash = (accessToken: string): string =>
  createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')

export const publicJwk = (key: KeyObject, more: object = {}): object => ({
  ...key.export({ format: 'jwk' }),
  kid: 'own',
  use: 'sig',
  alg: 'RS256',
  ...more,
})
