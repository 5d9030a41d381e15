import { afterEach, describe, expect, it } from '@jest/globals'
import { seconds, type Lie } from './provider.ts'
import { strange } from './jose.ts'
import { isSignedIn, leaked, setUp, type SetUp } from './set-up.ts'

let bff: SetUp

afterEach(async () => {
  await bff[Symbol.asyncDispose]()
})

const claims = (values: Record<string, unknown>): Lie => ({
  refreshed: (token) => void Object.assign(token.claims, values),
})

const lies: readonly (readonly [string, Lie])[] = [
  ['another person', claims({ sub: 'admin' })],
  ['nobody', claims({ sub: '' })],
  ['another issuer', claims({ iss: 'https://evil.example' })],
  ['another audience', claims({ aud: 'another' })],
  ['another party', claims({ azp: 'another' })],
  ['another access token', claims({ at_hash: 'x'.repeat(22) })],
  ['the past', claims({ exp: seconds() - 3_600 })],
  ['the future', claims({ iat: seconds() + 7_200 })],
  ['another key', { refreshed: (token) => (token.key = strange.privateKey) }],
  [
    'no key',
    {
      refreshed: (token) => {
        token.header['alg'] = 'none'
        token.key = undefined
      },
    },
  ],
  [
    'no grant any more',
    { answer: { '/token': (_req, res) => void res.writeHead(400, json).end('{"error":"invalid_grant"}') } },
  ],
]
const json = { 'content-type': 'application/json' }

describe('D-01: a refresh', () => {
  it.each(lies)('that speaks for %s ends the session', async (_, lie) => {
    bff = await setUp()
    const someone = await bff.signIn()
    bff.idp.lie = lie
    bff.ahead = 290_000
    const response = await someone.request(`${bff.url}/api/me`)
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'session-expired' }])
    expect(await isSignedIn(bff, someone)).toBe(false)
    expect(bff.said()).toEqual([expect.objectContaining({ level: 40, msg: 'access token not refreshed' })])
    const session = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(bff.audited()).toEqual([
      expect.objectContaining({ audit: 'authn_login_success', user: 'someone', session }),
      expect.objectContaining({ audit: 'session_expired', user: 'someone', session, reason: 'grant-ended' }),
      expect.objectContaining({ audit: 'session_renew_fail', user: 'someone', session, reason: 'refused' }),
      expect.objectContaining({ audit: 'authz_fail', reason: 'session-expired' }),
    ])
    expect(leaked(bff, bff.written.join(''))).toEqual([])
  })

  it.each([
    ['HTML', (_req, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<b>')],
    ['500', (_req, res) => void res.writeHead(500).end()],
    ['nothing', (req) => void req.socket.destroy()],
  ] satisfies [string, NonNullable<NonNullable<Lie['answer']>[string]>][])(
    'that is answered with %s is none, and signs nobody out',
    async (_, answer) => {
      bff = await setUp()
      const someone = await bff.signIn()
      bff.idp.lie = { answer: { '/token': answer } }
      bff.ahead = 301_000
      const response = await someone.request(`${bff.url}/api/me`)
      expect([response.status, await response.json()]).toMatchObject([503, { code: 'identity-unavailable' }])
      expect(await isSignedIn(bff, someone)).toBe(true)
      expect(leaked(bff, bff.written.join(''))).toEqual([])
      bff.idp.lie = {}
      expect((await someone.request(`${bff.url}/api/me`)).status).toBe(200)
    },
  )
})
