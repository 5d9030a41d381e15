import { importKeys, type KeySet } from './jwks.ts'

const TIMEOUT = 1_000
const MAX_BYTES = 65_536

interface KeysLocation {
  readonly issuer: string
  readonly jwksUrl?: string | undefined
}

type Fetch = typeof globalThis.fetch

/** Fetches an issuer's keys, from `jwksUrl` or by discovery. Redirects are refused: their target is not configured. */
export async function fetchKeys({ issuer, jwksUrl }: KeysLocation, fetch: Fetch): Promise<KeySet> {
  const signal = AbortSignal.timeout(TIMEOUT)
  const { keys } = await fetchJson(jwksUrl ?? (await discover(issuer, signal, fetch)), signal, fetch)
  if (!Array.isArray(keys)) throw new TypeError('jwks_uri did not return a key set')
  return importKeys(keys)
}

async function discover(issuer: string, signal: AbortSignal, fetch: Fetch): Promise<string> {
  const metadata = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal, fetch)
  if (metadata['issuer'] !== issuer) throw new TypeError('the discovery document names another issuer')
  const uri = String(metadata['jwks_uri'])
  if (issuer.startsWith('https:') && !uri.startsWith('https:')) throw new TypeError('jwks_uri must be https')
  return uri
}

async function fetchJson(url: string, signal: AbortSignal, fetch: Fetch): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new TypeError(`${url} answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new TypeError(`${url} returned more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  if (typeof value !== 'object' || value === null) throw new TypeError(`${url} did not return a JSON object`)
  return value as Readonly<Record<string, unknown>>
}
