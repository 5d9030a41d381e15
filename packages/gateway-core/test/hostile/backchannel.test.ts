import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Store, StoreUnavailable } from '../../src/state.ts'
import { type Browser, browser } from '../browser.ts'
import { atHash, encode, own, publicJwk, strange, type Draft } from './jose.ts'
import { CLIENT, seconds } from './provider.ts'
import { isSignedIn, leaked, setUp, type SetUp } from './set-up.ts'

let bff: SetUp
let someone: Browser

beforeEach(async () => {
  bff = await setUp()
  someone = await bff.signIn()
})
afterEach(async () => {
  await bff[Symbol.asyncDispose]()
})

const tell = (token: string, more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${bff.url}/bff/backchannel`, { method: 'POST', body: new URLSearchParams({ logout_token: token, ...more }) })

async function expectRefusal(response: Response, reason: RegExp): Promise<void> {
  expect([response.status, await response.json()]).toMatchObject([400, { code: 'logout-token-invalid' }])
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await isSignedIn(bff, someone)).toBe(true)
  expect(bff.said()).toEqual([
    expect.objectContaining({ level: 40, msg: 'logout token refused', reason: expect.stringMatching(reason) }),
  ])
  expect(bff.audited().filter(({ audit }) => audit !== 'authn_login_success')).toEqual([
    expect.objectContaining({ audit: 'authz_fail', route: '/bff/backchannel', reason: 'logout-token-invalid' }),
  ])
  expect(leaked(bff, bff.written.join(''))).toEqual([])
}

const claims = (values: Record<string, unknown>) => (token: Draft) => void Object.assign(token.claims, values)

const lies: readonly (readonly [string, RegExp, (token: Draft) => void])[] = [
  ...['none', 'None', ''].map(
    (alg) =>
      [
        `L-2: alg ${JSON.stringify(alg)}`,
        /shape|algorithm/,
        (token: Draft) => {
          token.header['alg'] = alg
          token.key = undefined
        },
      ] as const,
  ),
  [
    'L-2: alg none, with something like a signature',
    /algorithm/,
    (token) => {
      token.header['alg'] = 'none'
    },
  ],
  [
    'L-2: HS256 with the public key',
    /algorithm/,
    (token) => {
      token.header['alg'] = 'HS256'
      token.key = own.publicKey.export({ format: 'pem', type: 'spki' }) as string
    },
  ],
  [
    'L-2: HS256 with the secret of the client',
    /algorithm/,
    (token) => {
      token.header['alg'] = 'HS256'
      token.key = CLIENT.secret
    },
  ],
  ['L-2: ES256 for a key of RSA', /signature/, (token) => (token.header['alg'] = 'ES256')],
  ['L-2: another key under the same name', /signature/, (token) => (token.key = strange.privateKey)],
  ['L-2: a key that is not known', /key/, (token) => (token.header['kid'] = 'strange')],
  ['L-2: no name of a key', /key/, (token) => delete token.header['kid']],
  [
    'L-2: a key that it brings along',
    /header/,
    (token) => {
      token.key = strange.privateKey
      token.header['jwk'] = publicJwk(strange.publicKey)
    },
  ],
  ['L-2: extensions that must be understood', /header/, (token) => (token.header['crit'] = ['exp'])],
  [
    'L-2: claims changed after signing',
    /signature/,
    (token) => {
      token.finish = (text) => {
        const [header, payload = '', signature] = text.split('.')
        return [
          header,
          encode(Buffer.from(payload, 'base64url').toString().replace('someone', 'other')),
          signature,
        ].join('.')
      }
    },
  ],
  ['L-2: iss of another', /issuer/, claims({ iss: 'https://evil.example' })],
  ['L-2: no iss', /issuer/, claims({ iss: undefined })],
  ['L-2: aud of another', /audience/, claims({ aud: 'another' })],
  ['L-2: aud of others', /audience/, claims({ aud: ['another', 'webb'] })],
  ['L-2: no aud', /audience/, claims({ aud: undefined })],
  ['L-2: expired', /expired/, claims({ exp: seconds() - 60 })],
  ['L-2: no exp', /times/, claims({ exp: undefined })],
  ['L-2: exp in words', /times/, claims({ exp: 'never' })],
  ['L-2: no iat', /times/, claims({ iat: undefined })],
  ['L-2: iat in the future', /not-yet/, claims({ iat: seconds() + 3_600, exp: seconds() + 7_200 })],
  [
    'L-6: older than what is remembered, though it lives for years',
    /old/,
    claims({ iat: seconds() - 3_600, exp: seconds() + 1e8 }),
  ],
  ['L-3: no events', /events/, claims({ events: undefined })],
  ['L-3: another event', /events/, claims({ events: { 'http://schemas.openid.net/event/other': {} } })],
  [
    'L-3: an event without an object',
    /events/,
    claims({ events: { 'http://schemas.openid.net/event/backchannel-logout': true } }),
  ],
  [
    'L-3: an event with a list',
    /events/,
    claims({ events: { 'http://schemas.openid.net/event/backchannel-logout': [] } }),
  ],
  ['L-3: events in a list', /events/, claims({ events: ['http://schemas.openid.net/event/backchannel-logout'] })],
  ['L-4: a nonce', /nonce/, claims({ nonce: 'x' })],
  ['L-4: a nonce of nothing', /nonce/, claims({ nonce: null })],
  ['L-4: neither sub nor sid', /subject/, claims({ sub: undefined, sid: undefined })],
  ['L-4: sub and sid of nothing', /subject/, claims({ sub: '', sid: '' })],
  ['L-4: sid that is none', /subject/, claims({ sid: ['sid-of-someone'] })],
  ['L-5: no typ', /type/, (token) => delete token.header['typ']],
  ['L-5: typ of an access token', /type/, (token) => (token.header['typ'] = 'at+jwt')],
  ['L-5: typ of any token', /type/, (token) => (token.header['typ'] = 'JWT')],
  ['L-6: no jti', /jti/, claims({ jti: undefined })],
  ['L-6: jti that is none', /jti/, claims({ jti: 7 })],
  ['too long', /length/, claims({ more: 'x'.repeat(8_192) })],
  ['L-2: where its key is to be fetched', /header/, (token) => (token.header['jku'] = 'https://evil.example/keys')],
  [
    'a claim that stands twice',
    /members/,
    (token) => {
      token.finish = (text) => {
        const [header, payload = '', signature] = text.split('.')
        const json = Buffer.from(payload, 'base64url').toString()
        return [header, encode(`{"sub":"other",${json.slice(1)}`), signature].join('.')
      }
    },
  ],
  [
    'another spelling of its signature',
    /shape/,
    // The last character of 256 bytes in base64url has four bits to spare.
    (token) => (token.finish = (text) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1)),
  ],
  ['two parts', /shape/, (token) => (token.finish = (text) => text.slice(0, text.lastIndexOf('.')))],
  ['no token', /shape/, (token) => (token.finish = () => 'abc')],
  ['nothing', /shape/, (token) => (token.finish = () => '')],
  [
    'a header that is none',
    /shape/,
    (token) => (token.finish = (text) => `${encode('[')}${text.slice(text.indexOf('.'))}`),
  ],
  [
    'a header of null',
    /shape/,
    (token) => (token.finish = (text) => `${encode('null')}${text.slice(text.indexOf('.'))}`),
  ],
]

describe('D-02: a logout token is refused', () => {
  it.each(lies)('%s', async (_, reason, change) => {
    await expectRefusal(await tell(bff.idp.logoutToken(change)), reason)
  })

  it('L-5: an ID token', async () => {
    const token = bff.idp.logoutToken(({ header, claims: all }) => {
      header['typ'] = 'JWT'
      delete all['events']
      Object.assign(all, { nonce: 'x', at_hash: atHash('x') })
    })
    await expectRefusal(await tell(token), /type/)
  })

  it('L-6: no second time, while the first could not be carried out', async () => {
    const token = bff.idp.logoutToken()
    const down: Store = {
      ...bff.store,
      members: () => Promise.reject(new StoreUnavailable('it is down')),
    }
    bff.restart({ store: down })
    expect((await tell(token)).status).toBe(503)
    bff.restart()
    expect(await isSignedIn(bff, someone)).toBe(true)
    expect((await tell(token)).status).toBe(200)
    expect(await isSignedIn(bff, someone)).toBe(false)
  })

  it('L-8: of a person and no session, takes back all that was issued to them, told of once', async () => {
    const before = bff.audited().length
    expect((await tell(bff.idp.logoutToken(claims({ sid: undefined })))).status).toBe(200)
    expect(await isSignedIn(bff, someone)).toBe(false)
    expect(bff.audited().slice(before)).toEqual([
      expect.objectContaining({ audit: 'authn_token_revoked', user: 'someone', reason: 'back-channel' }),
      expect.objectContaining({ audit: 'session_expired', user: 'someone', reason: 'back-channel' }),
    ])
  })

  it('L-6: a second time', async () => {
    const token = bff.idp.logoutToken(claims({ sub: 'other', sid: undefined }))
    expect((await tell(token)).status).toBe(200)
    expect(bff.said()).toEqual([])
    const response = await tell(token)
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'logout-token-invalid' }])
    expect(bff.said().at(-1)).toMatchObject({ msg: 'logout token refused', reason: 'replay' })
  })

  it('L-6: a second time, by another process', async () => {
    const token = bff.idp.logoutToken(claims({ sub: 'other', sid: undefined }))
    expect((await tell(token)).status).toBe(200)
    bff.restart()
    expect((await tell(token)).status).toBe(400)
  })

  it.each([
    ['L-1: as JSON', 'application/json', (token: string) => JSON.stringify({ logout_token: token })],
    ['L-1: as text', 'text/plain', (token: string) => `logout_token=${token}`],
    ['L-1: in parts', 'multipart/form-data; boundary=x', (token: string) => token],
    ['L-1: under another name', 'application/x-www-form-urlencoded', (token: string) => `token=${token}`],
    [
      'L-1: twice',
      'application/x-www-form-urlencoded',
      (token: string) => `logout_token=${token}&logout_token=${token}`,
    ],
  ])('%s', async (_, type, body) => {
    const headers = { 'content-type': type }
    const url = `${bff.url}/bff/backchannel`
    await expectRefusal(
      await fetch(url, { method: 'POST', headers, body: body(bff.idp.logoutToken()) }),
      /no form|not one/,
    )
  })

  it('L-1: in the address, or by another method', async () => {
    const url = `${bff.url}/bff/backchannel?logout_token=${bff.idp.logoutToken()}`
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const response = await fetch(url, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    }
    await expectRefusal(await fetch(url, { method: 'POST', body: new URLSearchParams({ other: 'x' }) }), /not one/)
  })

  it('in a body larger than any token: 413, and it is not read', async () => {
    const response = await tell('x'.repeat(100_000))
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'content-too-large' }])
    expect(await isSignedIn(bff, someone)).toBe(true)
  })

  it('not for good when the keys cannot be had: 503, and the same token counts afterwards', async () => {
    const token = bff.idp.logoutToken()
    bff.idp.lie = { answer: { '/jwks': (_req, res) => void res.writeHead(500).end() } }
    const response = await tell(token)
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'identity-unavailable' }])
    expect(await isSignedIn(bff, someone)).toBe(true)
    bff.idp.lie = {}
    bff.ahead = 2_000
    expect((await tell(token)).status).toBe(200)
    expect(await isSignedIn(bff, someone)).toBe(false)
  })

  it('not for good when the store fails: the provider tells again', async () => {
    const token = bff.idp.logoutToken()
    bff.restart({ store: { ...bff.store, members: () => Promise.reject(new Error('the store is down')) } })
    expect((await tell(token)).status).toBe(500)
    bff.restart()
    expect((await tell(token)).status).toBe(200)
    expect(await isSignedIn(bff, someone)).toBe(false)
  })
})

describe('D-02: a logout token is carried out', () => {
  it('L-7: with 200, nothing more, and no-store; all of its sessions are over at once', async () => {
    const other = await bff.signIn()
    const response = await tell(bff.idp.logoutToken(), { ignored: 'x' })
    expect([response.status, await response.text(), response.headers.get('cache-control')]).toEqual([
      200,
      '',
      'no-store',
    ])
    for (const one of [someone, other]) expect(await isSignedIn(bff, one)).toBe(false)
    expect((await someone.request(`${bff.url}/api/me`)).status).toBe(401)
  })

  it('L-7: with 200 when there is no such session', async () => {
    bff.idp.person = 'stranger'
    expect((await tell(bff.idp.logoutToken())).status).toBe(200)
    expect(await isSignedIn(bff, someone)).toBe(true)
  })

  it('L-8: of one session by its sid, and only if it is that person’s', async () => {
    bff.idp.lie = { idToken: claims({ sid: 'second' }) }
    const second = await bff.signIn()
    expect((await tell(bff.idp.logoutToken(claims({ sid: 'second', sub: 'other' })))).status).toBe(200)
    expect([await isSignedIn(bff, someone), await isSignedIn(bff, second)]).toEqual([true, true])
    expect((await tell(bff.idp.logoutToken(claims({ sid: 'second' })))).status).toBe(200)
    expect([await isSignedIn(bff, someone), await isSignedIn(bff, second)]).toEqual([true, false])
    expect((await tell(bff.idp.logoutToken(claims({ sub: undefined })))).status).toBe(200)
    expect(await isSignedIn(bff, someone)).toBe(false)
  })

  it('L-8: of all sessions of a person by the sub alone, and of nobody else', async () => {
    bff.idp.lie = { idToken: claims({ sid: 'second' }) }
    const second = await bff.signIn()
    bff.idp.person = 'other'
    const other = await bff.signIn()
    expect((await tell(bff.idp.logoutToken(claims({ sub: 'someone', sid: undefined })))).status).toBe(200)
    expect([await isSignedIn(bff, someone), await isSignedIn(bff, second), await isSignedIn(bff, other)]).toEqual([
      false,
      false,
      true,
    ])
  })

  it('without a CSRF header and whatever cookies come along: it is no browser that calls', async () => {
    const stranger = browser()
    stranger.cookies(bff.url).set('__Host-Http-sid', 'x'.repeat(43))
    const response = await stranger.request(`${bff.url}/bff/backchannel`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: bff.idp.logoutToken(claims({ aud: ['web', 'another'] })) }),
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
    expect(await isSignedIn(bff, someone)).toBe(false)
  })
})
