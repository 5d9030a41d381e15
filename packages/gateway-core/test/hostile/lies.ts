import { generateKeyPairSync } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { encode, own, publicJwk, strange } from './jose.ts'
import { CLIENT, type Lie, seconds } from './provider.ts'

/** What comes of a lie. `unavailable`: nothing is said about the person, and nobody is signed out. */
export const outcomes = {
  expired: [400, 'login-expired', 'login refused'],
  failed: [400, 'login-failed', 'login refused'],
  refused: [401, 'login-refused', 'login refused'],
  unavailable: [503, 'identity-unavailable', 'login not possible'],
} as const

/** Name, where it shows, what comes of it, what the log says of it. */
export type Told = readonly [name: string, outcome: keyof typeof outcomes, reason: RegExp, lie: Lie]

const html: RequestListener = (_req, res) =>
  void res.writeHead(200, { 'content-type': 'text/html' }).end('<script>alert(1)</script>')
const broken: RequestListener = (_req, res) => void res.writeHead(500).end()
const cut: RequestListener = (req) => void req.socket.destroy()
const silent: RequestListener = () => {}
const elsewhere: RequestListener = (_req, res) => void res.writeHead(307, { location: '/stolen' }).end()
const huge: RequestListener = (_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json' })
  res.write('{"x":"')
  const more = () => {
    while (!res.destroyed && res.write('x'.repeat(65_536)));
    if (!res.destroyed) res.once('drain', more)
  }
  more()
}
const says =
  (status: number, body: unknown): RequestListener =>
  (_req, res) =>
    void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const at = (path: string, answer: RequestListener): Lie => ({ answer: { [path]: answer } })

/** Ways not to answer, which are the same everywhere. */
const failures = (path: string): readonly (readonly [string, RegExp, Lie])[] => [
  ['HTML', /content-type|status/, at(path, html)],
  ['500', /status/, at(path, broken)],
  ['a redirect to elsewhere', /status/, at(path, elsewhere)],
  ['no end of bytes', /more than 65536 bytes/, at(path, huge)],
  ['a cut connection', /E[A-Z]{4,}|UND_ERR_SOCKET/, at(path, cut)],
  ['nothing at all', /timed out/, at(path, silent)],
]

const unavailable = (path: string): readonly Told[] =>
  failures(path).map(([name, reason, lie]) => [`${path} answers ${name}`, 'unavailable', reason, lie])

const metadata = (name: string, reason: RegExp, change: (all: Record<string, unknown>) => void): Told => [
  name,
  'unavailable',
  reason,
  { metadata: change },
]

/** Before the browser is sent anywhere. */
export const beforehand: readonly Told[] = [
  ...unavailable('/.well-known/openid-configuration'),
  metadata('S-11: issuer of another', /issuer/, (all) => (all['issuer'] = 'https://evil.example')),
  metadata('S-11: issuer with a slash more', /another issuer/, (all) => (all['issuer'] = `${String(all['issuer'])}/`)),
  metadata('S-11: no issuer', /issuer/, (all) => delete all['issuer']),
  metadata('S-11: PKCE is not mentioned', /no PKCE/, (all) => delete all['code_challenge_methods_supported']),
  metadata('S-11: PKCE plain only', /no PKCE/, (all) => (all['code_challenge_methods_supported'] = ['plain'])),
  metadata('pushed requests required, nowhere', /pushed/, (all) => {
    all['require_pushed_authorization_requests'] = true
  }),
  metadata('no token endpoint', /no token_endpoint/, (all) => delete all['token_endpoint']),
  metadata('no keys', /no jwks_uri/, (all) => delete all['jwks_uri']),
  metadata('a script to authorize at', /without TLS/, (all) => (all['authorization_endpoint'] = 'javascript:alert(1)')),
  metadata('an address that is none', /no authorization_endpoint/, (all) => (all['authorization_endpoint'] = '::')),
]

/** The same, of a provider to which requests are pushed. */
export const pushes: readonly Told[] = [
  ...unavailable('/par'),
  ['/par refuses', 'unavailable', /answered invalid_request$/, at('/par', says(400, { error: 'invalid_request' }))],
  [
    '/par refuses with markup',
    'unavailable',
    /answered an invalid error code/,
    at('/par', says(400, { error: '<script>', error_description: '<img src=x>' })),
  ],
  ['/par gives no reference', 'unavailable', /request_uri/, at('/par', says(201, { expires_in: 60 }))],
  [
    '/par gives a reference that is none',
    'unavailable',
    /request_uri/,
    at('/par', says(201, { request_uri: 7, expires_in: 60 })),
  ],
]

/** On the way back. */
export const redirects: readonly Told[] = [
  ['C-03, S-3: no state', 'expired', /not begun/, { redirect: (query) => query.delete('state') }],
  ['C-03, S-3: another state', 'expired', /not begun/, { redirect: (query) => query.set('state', 'x'.repeat(43)) }],
  ['C-03: an odd state', 'expired', /not begun/, { redirect: (query) => query.set('state', '; Path=/x') }],
  ['two states', 'failed', /only once/, { redirect: (query) => query.append('state', 'x') }],
  ['S-7: iss of another', 'failed', /"iss"/, { redirect: (query) => query.set('iss', 'https://evil.example') }],
  ['S-7: no iss, though promised', 'failed', /"iss"/, { redirect: (query) => query.delete('iss') }],
  ['S-7: two iss', 'failed', /only once/, { redirect: (query) => query.append('iss', 'https://evil.example') }],
  [
    'S-7: iss of another, not promised',
    'failed',
    /"iss"/,
    {
      metadata: (all) => delete all['authorization_response_iss_parameter_supported'],
      redirect: (query) => query.set('iss', 'https://evil.example'),
    },
  ],
  ['no code', 'failed', /no authorization code/, { redirect: (query) => query.delete('code') }],
  ['two codes', 'failed', /only once/, { redirect: (query) => query.append('code', 'x') }],
  ['another code', 'failed', /answered invalid_grant/, { redirect: (query) => query.set('code', 'x'.repeat(43)) }],
  ['B-2: an ID token beside the code', 'failed', /implicit/, { redirect: (query) => query.set('id_token', 'a.b.c') }],
  ['B-2: a token beside the code', 'failed', /implicit/, { redirect: (query) => query.set('token', 'abc') }],
  ['an answer as a JWT (JARM)', 'failed', /JARM/, { redirect: (query) => query.set('response', 'a.b.c') }],
  ['an error', 'refused', /answered access_denied$/, { redirect: (query) => query.set('error', 'access_denied') }],
  [
    'an error with markup',
    'refused',
    /an invalid error code/,
    {
      redirect: (query) => {
        query.set('error', '<script>alert(1)</script>')
        query.set('error_description', '<img src=x onerror=alert(1)>')
        query.set('error_uri', 'javascript:alert(1)')
      },
    },
  ],
  [
    'an error without a state',
    'expired',
    /not begun/,
    {
      redirect: (query) => {
        query.delete('state')
        query.set('error', 'access_denied')
      },
    },
  ],
]

const answer = (name: string, reason: RegExp, tokens: NonNullable<Lie['tokens']>): Told => [
  `/token answers ${name}`,
  'failed',
  reason,
  { tokens },
]

/** From the token endpoint. */
export const answers: readonly Told[] = [
  ...unavailable('/token'),
  [
    '/token does not know the client',
    'unavailable',
    /invalid_client/,
    at('/token', says(401, { error: 'invalid_client' })),
  ],
  [
    '/token refuses with markup',
    'unavailable',
    /invalid error code/,
    at('/token', says(400, { error: '<b>', error_description: '<i>' })),
  ],
  ['/token refuses', 'failed', /answered invalid_grant$/, at('/token', says(400, { error: 'invalid_grant' }))],
  ['/token answers a list', 'failed', /top level object/, at('/token', says(200, []))],
  ['/token answers null', 'failed', /top level object/, at('/token', says(200, null))],
  answer('no access token', /access_token/, (all) => delete all['access_token']),
  answer('an access token that is none', /access_token/, (all) => (all['access_token'] = {})),
  answer('a token of another type', /token_type|unsupported/, (all) => (all['token_type'] = 'mac')),
  answer('a token without a type', /token_type/, (all) => delete all['token_type']),
  answer('a life that is none', /expires_in/, (all) => (all['expires_in'] = 'soon')),
  answer('a life before now', /expires_in/, (all) => (all['expires_in'] = -300)),
  answer('a refresh token that is none', /refresh_token/, (all) => (all['refresh_token'] = 7)),
  answer('a scope that is none', /scope/, (all) => (all['scope'] = ['openid'])),
  answer('no ID token', /id_token/, (all) => delete all['id_token']),
  answer('an ID token that is none', /id_token/, (all) => (all['id_token'] = { sub: 'admin' })),
  answer('an ID token of nothing', /id_token/, (all) => (all['id_token'] = '')),
  answer('an ID token of one part', /Invalid JWT/, (all) => (all['id_token'] = 'abc')),
  answer('an encrypted ID token', /decryption/, (all) => (all['id_token'] = 'a.b.c.d.e')),
]

const token = (
  name: string,
  reason: RegExp,
  idToken: NonNullable<Lie['idToken']>,
  outcome: keyof typeof outcomes = 'failed',
): Told => [`ID token: ${name}`, outcome, reason, { idToken }]
const claim = (name: string, reason: RegExp, values: Record<string, unknown>): Told =>
  token(name, reason, ({ claims }) => void Object.assign(claims, values))

/** In the ID token. */
export const idTokens: readonly Told[] = [
  ...['none', 'None', 'NONE', ''].map((alg) =>
    token(`alg ${JSON.stringify(alg)}`, /alg/, (one) => {
      one.header['alg'] = alg
      one.key = undefined
    }),
  ),
  token('HS256 with the public key', /alg/, (one) => {
    one.header['alg'] = 'HS256'
    one.key = own.publicKey.export({ format: 'pem', type: 'spki' }) as string
  }),
  token('HS256 with the secret of the client', /alg/, (one) => {
    one.header['alg'] = 'HS256'
    one.key = CLIENT.secret
  }),
  [
    'ID token: HS256 with the secret, and the metadata says it may be',
    'failed',
    /alg/,
    {
      metadata: (all) => (all['id_token_signing_alg_values_supported'] = ['RS256', 'HS256', 'none']),
      idToken: (one) => {
        one.header['alg'] = 'HS256'
        one.key = CLIENT.secret
      },
    },
  ],
  token('another key under the same name', /signature/, (one) => (one.key = strange.privateKey)),
  // It may be one that is not published yet.
  token(
    'a key by a name that is not known',
    /key/,
    (one) => {
      one.key = strange.privateKey
      one.header['kid'] = 'strange'
    },
    'unavailable',
  ),
  token('a key that it brings along', /signature/, (one) => {
    one.key = strange.privateKey
    one.header['jwk'] = strange.publicKey.export({ format: 'jwk' })
  }),
  token('claims changed after signing', /signature/, (one) => {
    one.finish = (text) => {
      const [header, claims = '', signature] = text.split('.')
      const changed = Buffer.from(claims, 'base64url').toString().replace('someone', 'admin')
      return [header, encode(changed), signature].join('.')
    }
  }),
  token(
    'a signature left out',
    /signature/,
    (one) => (one.finish = (text) => text.slice(0, text.lastIndexOf('.') + 1)),
  ),
  token('two parts', /Invalid JWT/, (one) => (one.finish = (text) => text.slice(0, text.lastIndexOf('.')))),
  token('extensions that must be understood', /crit/, (one) => (one.header['crit'] = ['exp'])),
  claim('iss of another', /"iss"/, { iss: 'https://evil.example' }),
  claim('no iss', /"iss"/, { iss: undefined }),
  claim('aud of another', /"aud"/, { aud: 'another' }),
  claim('no aud', /"aud"/, { aud: undefined }),
  claim('aud of many, azp of none', /"aud"/, { aud: ['web', 'another'] }),
  claim('aud of many, azp of another', /"azp"/, { aud: ['web', 'another'], azp: 'another' }),
  claim('azp of another', /azp/, { azp: 'another' }),
  claim('at_hash of another', /at_hash/, { at_hash: 'x'.repeat(22) }),
  claim('at_hash that is none', /at_hash/, { at_hash: null }),
  claim('expired', /"exp"/, { exp: seconds() - 3_600 }),
  claim('no exp', /"exp"/, { exp: undefined }),
  claim('exp in words', /"exp"/, { exp: '2099-01-01' }),
  claim('iat in the future', /iat/, { iat: seconds() + 3_600 }),
  claim('no iat', /"iat"/, { iat: undefined }),
  claim('nbf in the future', /"nbf"/, { nbf: seconds() + 3_600 }),
  claim('no sub', /"sub"/, { sub: undefined }),
  claim('sub of nothing', /sub/, { sub: '' }),
  claim('sub that is none', /"sub"/, { sub: ['admin'] }),
  claim('sub of 300 characters', /sub/, { sub: 'x'.repeat(300) }),
  claim('B-3, S-4: another nonce', /nonce/, { nonce: 'x'.repeat(43) }),
  claim('S-4: no nonce', /nonce/, { nonce: undefined }),
]

const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 })

/** In the key set. */
export const keySets: readonly Told[] = [
  ...unavailable('/jwks'),
  [
    '/jwks: two keys of one name',
    'unavailable',
    /key/,
    { keys: (keys) => ({ keys: [...keys, publicJwk(strange.publicKey)] }) },
  ],
  ['/jwks: no key', 'unavailable', /key/, { keys: () => ({ keys: [] }) }],
  ['/jwks: no list', 'failed', /keys/, { keys: () => ({ keys: 'own' }) }],
  [
    '/jwks: a key for something else',
    'unavailable',
    /key/,
    { keys: () => ({ keys: [publicJwk(own.publicKey, { use: 'enc' })] }) },
  ],
  [
    '/jwks: a shared secret',
    'unavailable',
    /key/,
    { keys: () => ({ keys: [{ kty: 'oct', k: encode(CLIENT.secret), kid: 'own' }] }) },
  ],
  [
    '/jwks: a key of 1024 bits',
    'failed',
    /modulusLength/,
    { keys: () => ({ keys: [publicJwk(weak.publicKey)] }), idToken: (one) => (one.key = weak.privateKey) },
  ],
]

/** To somebody who must have proved who they are, in one of these ways, within the last minute. */
export const stepUps: readonly Told[] = [
  claim('signed in too long ago', /elapsed/, { auth_time: seconds() - 3_600 }),
  claim('signed in at no time', /"auth_time"/, { auth_time: undefined }),
  claim('signed in at a time in words', /auth_time/, { auth_time: 'now' }),
  claim('signed in another way', /acr/, { acr: 'password' }),
  claim('signed in any way', /acr/, { acr: undefined }),
]
