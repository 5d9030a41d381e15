import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from '../../src/testing.ts'
import { atHash, type Draft, draft, encode, own, publicJwk, signed } from './jose.ts'

export const CLIENT = { id: 'web', secret: 'a-secret-of-this-test-and-nothing-else' } as const

/** What a provider does otherwise than an honest one; it does everything else as it should. */
export interface Lie {
  /** In its description of itself. */
  readonly metadata?: (metadata: Record<string, unknown>) => void
  /** In its key set. */
  readonly keys?: (keys: object[]) => unknown
  /** In the query it sends the browser back with. */
  readonly redirect?: (query: URLSearchParams) => void
  readonly idToken?: (token: Draft) => void
  /** In the answer of the token endpoint. */
  readonly tokens?: (answer: Record<string, unknown>) => void
  /** In the ID token that comes with a refresh. */
  readonly refreshed?: (token: Draft) => void
  /** In place of what is answered at a path. */
  readonly answer?: Readonly<Record<string, RequestListener>>
  /** It looks neither at the verifier nor at whether a code was used. */
  readonly careless?: true
}

export interface Asked {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly fields: URLSearchParams
}

export interface HostileProvider extends AsyncDisposable {
  readonly issuer: string
  lie: Lie
  person: string
  /** Whether it can have authorization requests pushed to it. Off at first. */
  pushed: boolean
  /** PEM of the client that proves itself by a key; others by their secret. */
  clientKey: string | undefined
  /** All requests, in order. */
  readonly asked: Asked[]
  /** Everything it gave out or was given that must appear nowhere. */
  readonly secrets: Set<string>
  logoutToken(change?: (token: Draft) => void): string
}

interface Granted {
  readonly request: URLSearchParams
  used: boolean
}

/** Seconds, now. */
export const seconds = (): number => Math.floor(Date.now() / 1000)

/** An OpenID provider over HTTP, whose person is always there and always says yes. */
export async function hostileProvider(): Promise<HostileProvider> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const state: HostileProvider = {
    issuer,
    lie: {},
    person: 'someone',
    pushed: false,
    clientKey: undefined,
    asked: [],
    secrets: new Set<string>([CLIENT.secret]),
    logoutToken: (change) => {
      const event = { 'http://schemas.openid.net/event/backchannel-logout': {} }
      const claims = {
        ...about(issuer, 120),
        sub: state.person,
        sid: `sid-of-${state.person}`,
        events: event,
        jti: random(),
      }
      return finish(draft('logout+jwt', claims), change)
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const endpoints = endpointsOf(state)
  server.on('request', async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', issuer)
    const fields = req.method === 'POST' ? new URLSearchParams(await textOf(req)) : searchParams
    state.asked.push({ path: pathname, headers: req.headers, fields })
    for (const name of ['code', 'code_verifier', 'refresh_token', 'client_assertion', 'token']) {
      for (const value of fields.getAll(name)) state.secrets.add(value)
    }
    const answer = state.lie.answer?.[pathname]
    if (answer !== undefined) return answer(req, res)
    const endpoint = endpoints[pathname]
    if (endpoint === undefined) return json(res, { error: 'not_found' }, 404)
    endpoint(fields, req, res)
  })
  return state
}

type Endpoint = (fields: URLSearchParams, req: IncomingMessage, res: ServerResponse) => void

function endpointsOf(state: HostileProvider): Readonly<Record<string, Endpoint>> {
  const codes = new Map<string, Granted>()
  const refreshes = new Map<string, Granted>()
  const pushed = new Map<string, URLSearchParams>()
  const assertions = new Set<string>()
  const refuse = (res: ServerResponse, error: string, status = 400) => json(res, { error }, status)

  return {
    '/.well-known/openid-configuration': (_fields, _req, res) => json(res, metadataOf(state)),
    '/jwks': (_fields, _req, res) => {
      const keys = [publicJwk(own.publicKey)]
      json(res, state.lie.keys === undefined ? { keys } : state.lie.keys(keys))
    },
    '/par': (fields, req, res) => {
      if (!isClient(state, fields, req, assertions)) return refuse(res, 'invalid_client', 401)
      const reference = `urn:ietf:params:oauth:request_uri:${random()}`
      pushed.set(reference, fields)
      json(res, { request_uri: reference, expires_in: 60 }, 201)
    },
    '/authorize': (fields, _req, res) => {
      const request = pushed.get(fields.get('request_uri') ?? '') ?? fields
      const code = random()
      codes.set(code, { request, used: false })
      state.secrets.add(code)
      const query = new URLSearchParams({ code, state: request.get('state') ?? '', iss: state.issuer })
      state.lie.redirect?.(query)
      res.writeHead(303, { location: `${request.get('redirect_uri')}?${query}` }).end()
    },
    '/token': (fields, req, res) => {
      if (!isClient(state, fields, req, assertions)) return refuse(res, 'invalid_client', 401)
      const known = fields.has('refresh_token') ? refreshes : codes
      const granted = known.get(fields.get('refresh_token') ?? fields.get('code') ?? '')
      if (granted === undefined) return refuse(res, 'invalid_grant')
      const { request } = granted
      const fits = known === refreshes || isProved(request, fields)
      if (state.lie.careless !== true && (granted.used || !fits)) return refuse(res, 'invalid_grant')
      granted.used = true
      const answer = tokensOf(state, request, known === refreshes ? state.lie.refreshed : state.lie.idToken)
      refreshes.set(String(answer['refresh_token']), { request, used: false })
      json(res, answer)
    },
    '/revoke': (_fields, _req, res) => void res.writeHead(200).end(),
    '/end': (_fields, _req, res) => void res.writeHead(200).end('Signed out.'),
  }
}

function metadataOf({ issuer, pushed, lie }: HostileProvider): object {
  const metadata: Record<string, unknown> = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    revocation_endpoint: `${issuer}/revoke`,
    end_session_endpoint: `${issuer}/end`,
    ...(pushed ? { pushed_authorization_request_endpoint: `${issuer}/par` } : {}),
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_response_iss_parameter_supported: true,
  }
  lie.metadata?.(metadata)
  return metadata
}

function tokensOf(state: HostileProvider, request: URLSearchParams, lie: Lie['idToken']): Record<string, unknown> {
  const { issuer, person, secrets } = state
  // It looks like a token, so that whoever looks for tokens finds it where it should not be.
  const accessToken = `${encode('{"alg":"RS256"}')}.${random()}.${random()}`
  const acr = request.get('acr_values')?.split(' ')[0]
  const idToken = draft('JWT', {
    ...about(issuer, 300),
    sub: person,
    sid: `sid-of-${person}`,
    nonce: request.get('nonce'),
    auth_time: seconds(),
    at_hash: atHash(accessToken),
    name: `Name of ${person}`,
    ...(acr === undefined ? {} : { acr }),
  })
  const answer: Record<string, unknown> = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: random(),
    scope: request.get('scope'),
    id_token: finish(idToken, lie),
  }
  state.lie.tokens?.(answer)
  for (const name of ['access_token', 'refresh_token', 'id_token']) {
    if (typeof answer[name] === 'string' && answer[name] !== '') secrets.add(answer[name])
  }
  return answer
}

/** The client's secret (RFC 6749 §2.3.1), or its signature (RFC 7523 §3): for this issuer, for a minute, once. */
function isClient(state: HostileProvider, fields: URLSearchParams, req: IncomingMessage, seen: Set<string>): boolean {
  if (state.clientKey === undefined) {
    const [, basic = ''] = (req.headers.authorization ?? '').split('Basic ')
    const credentials = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent)
    return credentials.join(' ') === `${CLIENT.id} ${CLIENT.secret}`
  }
  const [header = '', payload = '', signature = ''] = (fields.get('client_assertion') ?? '').split('.')
  const key = { key: createPublicKey(state.clientKey), dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) return false
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const { iss, sub, aud, exp, iat, jti } = claims
  const short = Number(exp) - Number(iat) <= 60 && Number(exp) > seconds() && Number(iat) <= seconds()
  if (iss !== CLIENT.id || sub !== CLIENT.id || aud !== state.issuer || !short || seen.has(String(jti))) return false
  seen.add(String(jti))
  return req.headers.authorization === undefined && !fields.has('client_secret')
}

const isProved = (request: URLSearchParams, fields: URLSearchParams): boolean =>
  request.get('redirect_uri') === fields.get('redirect_uri') &&
  request.get('code_challenge_method') === 'S256' &&
  request.get('code_challenge') ===
    createHash('sha256')
      .update(fields.get('code_verifier') ?? '')
      .digest('base64url')

function finish(token: Draft, change?: (token: Draft) => void): string {
  change?.(token)
  return signed(token)
}

const about = (issuer: string, lifetime: number) => {
  const now = seconds()
  return { iss: issuer, aud: CLIENT.id as unknown, iat: now, exp: now + lifetime }
}

const random = (): string => randomBytes(32).toString('base64url')

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
