import { once } from 'node:events'
import { createServer as createHttps, request as httpsRequest } from 'node:https'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { z } from 'zod'
import { anyOf, apiKeys, can, type CertificateRecord, certificates, newApiKey, revocations } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import type { Authenticate } from '../src/exchange.ts'
import { type App, gateway, problem } from '../src/index.ts'
import { memoryStore } from '../src/state/memory.ts'
import { json, signedInAs, type Upstream, upstream } from '../src/testing.ts'
import { authority, type Issued } from './authority.ts'
import { listen } from './listen.ts'

const ours = authority()
const theirs = authority({ CN: 'somebody else' })
const partner = ours.issue({ subject: { C: 'DE', O: 'Partner, Inc', CN: 'one' } })
const renewed = ours.issue({ subject: { C: 'DE', O: 'Partner, Inc', CN: 'one' } })
const pinned = ours.issue({ subject: { CN: 'pinned' } })
const stranger = ours.issue({ subject: { CN: 'stranger' } })
const expired = ours.issue({ subject: { C: 'DE', O: 'Partner, Inc', CN: 'one' }, to: Date.now() - 1_000 })
const forged = theirs.issue({ subject: { C: 'DE', O: 'Partner, Inc', CN: 'one' } })

const clients: readonly CertificateRecord[] = [
  { client: 'partner', scopes: ['read'], subject: 'C=DE, O=Partner\\, Inc, CN=one' },
  { client: 'pinned', scopes: ['read'], fingerprint: new X509Certificate(pinned.certificate).fingerprint256 },
  { client: 'weak', scopes: [], subject: 'CN=weak' },
]

const apiKey = newApiKey()
const keys = apiKeys({
  keys: [{ ...apiKey, client: 'keyed', scopes: ['read'], createdAt: 0, expiresAt: Date.now() + 60_000 }],
})

const me: Authenticate = ({ headers }) =>
  headers.authorization === 'me'
    ? Promise.resolve(signedInAs('me', { user: { id: 'me', scopes: new Set(['read']), claims: {} } }))
    : Promise.reject(problem(401, 'token-missing'))

const front = {
  'GET /api/me': { out: z.object({ id: z.string() }) },
} as const satisfies Contract
const { screen, forward, app } = gateway(front, { files: {} }, { files: {} })
const routes = [
  screen('GET /api/me', {
    guard: can('read'),
    parts: ({ user }) => ({ id: Promise.resolve(user.id) }),
    view: (seen) => seen,
  }),
  forward('/files', 'files', { guard: can('read') }),
]

const lines: Record<string, unknown>[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function answer(req: ReturnType<typeof httpRequest>): Promise<Answer> {
  const [res] = (await once(req.end(), 'response')) as [IncomingMessage]
  const text = (await res.setEncoding('utf8').toArray()).join('')
  return { status: res.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }
}

const stack = new AsyncDisposableStack()
let files: Upstream
beforeAll(async () => {
  files = stack.use(await upstream((_, res) => json(res, {})))
})
afterAll(() => stack.disposeAsync())

const bffOf = (authenticate: Authenticate): App => app(routes, { upstreams: { files: files.url }, authenticate, log })

/** TLS ends here: every client is asked for a certificate, and only those with one of ours are let in. */
async function overTls(authenticate: Authenticate, optional = false) {
  const bff = bffOf(authenticate)
  const own = ours.issue({ subject: { CN: 'here' }, address: [127, 0, 0, 1] })
  const server = createHttps(
    { key: own.key, cert: own.certificate, ca: ours.certificate, requestCert: true, rejectUnauthorized: !optional },
    bff.handler,
  )
  server.on('tlsClientError', () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ask: (issued?: Issued, headers: Record<string, string> = {}, path = '/api/me') =>
      answer(
        httpsRequest({
          host: '127.0.0.1',
          port,
          path,
          headers,
          agent: false,
          ca: ours.certificate,
          ...(issued && { key: issued.key, cert: issued.certificate }),
        }),
      ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await bff[Symbol.asyncDispose]()
    },
  }
}

const asked = async (url: string, headers: Record<string, string>, path = '/api/me') =>
  answer(httpRequest(url + path, { headers, agent: false }))

const field = ({ der }: Issued): string => `:${der.toString('base64')}:`
const refused = { status: 401, body: { code: 'certificate-invalid' } }
const missing = { status: 401, body: { code: 'certificate-missing' } }

describe('client certificates, where TLS ends here', () => {
  it.each<[string, Issued, string]>([
    ['by its subject', partner, 'client:partner'],
    ['by its subject, renewed', renewed, 'client:partner'],
    ['by its fingerprint', pinned, 'client:pinned'],
  ])('tell who is calling %s', async (_, issued, id) => {
    await using bff = await overTls(certificates({ clients }))
    expect(await bff.ask(issued)).toEqual({ status: 200, body: { id } })
  })

  it('that nobody has listed are refused, whoever has signed them', async () => {
    await using bff = await overTls(certificates({ clients }))
    lines.length = 0
    expect(await bff.ask(stranger)).toMatchObject(refused)
    expect(lines.filter(({ audit }) => audit === 'authn_login_fail')).toEqual([
      expect.objectContaining({ reason: 'certificate-unknown' }),
    ])
  })

  it('of an authority that is not trusted never get so far, and count for nothing where all are let in', async () => {
    await using strict = await overTls(certificates({ clients }))
    await expect(strict.ask(forged)).rejects.toThrow()
    await using lax = await overTls(certificates({ clients }), true)
    expect(await lax.ask(forged)).toMatchObject(missing)
    expect(await lax.ask()).toMatchObject(missing)
  })

  it('B-11: are none of a browser, which shows them whichever site makes it ask', async () => {
    await using bff = await overTls(certificates({ clients }))
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      expect(await bff.ask(partner, headers)).toMatchObject(missing)
  })

  it('S-14: are not what somebody says in a header', async () => {
    await using bff = await overTls(certificates({ clients }), true)
    expect(await bff.ask(undefined, { 'client-cert': field(partner) })).toMatchObject(missing)
  })
})

describe('client certificates, where a proxy ends TLS', () => {
  const behind = async (proxies: readonly string[]) => listen(bffOf(certificates({ clients, proxies })))

  it('are those that a trusted proxy tells of, by RFC 9440', async () => {
    await using bff = await behind(['127.0.0.1'])
    expect(await asked(bff.url, { 'client-cert': field(partner) })).toEqual({
      status: 200,
      body: { id: 'client:partner' },
    })
    expect(await asked(bff.url, { 'client-cert': field(stranger) })).toMatchObject(refused)
    expect(await asked(bff.url, { 'client-cert': field(expired) })).toMatchObject(refused)
    expect(await asked(bff.url, {})).toMatchObject(missing)
  })

  it.each([
    ['nobody', []],
    ['another', ['192.0.2.0/24']],
  ])('S-14: are nothing when %s is trusted', async (_, proxies) => {
    await using bff = await behind(proxies)
    expect(await asked(bff.url, { 'client-cert': field(partner) })).toMatchObject(missing)
  })

  it.each<[string, string]>([
    ['no structured field', partner.der.toString('base64')],
    ['two of them', `${field(partner)}, ${field(partner)}`],
    ['with a parameter', `${field(partner)};x=1`],
    ['half a certificate', `:${partner.der.subarray(0, 100).toString('base64')}:`],
    ['no certificate', `:${Buffer.from('certificate').toString('base64')}:`],
    ['nothing', '::'],
    ['PEM in percent', encodeURIComponent(partner.certificate)],
  ])('in a field that is %s are refused', async (_, value) => {
    await using bff = await behind(['127.0.0.1'])
    expect(await asked(bff.url, { 'client-cert': value })).toMatchObject(refused)
  })

  it('S-14: do not travel on, with the key neither', async () => {
    await using bff = await listen(bffOf(anyOf(keys, me)))
    const headers = {
      authorization: `ApiKey ${apiKey.key}`,
      'client-cert': field(partner),
      'client-cert-chain': field(partner),
    }
    expect((await asked(bff.url, headers, '/files/a')).status).toBe(200)
    const seen = files.seen.at(-1)!.headers
    for (const name of ['client-cert', 'client-cert-chain', 'authorization']) expect(seen).not.toHaveProperty(name)
  })

  it('are each listed once', () => {
    expect(() => certificates({ clients: [...clients, clients[0]!] })).toThrow(TypeError)
  })
})

describe('several ways to prove it', () => {
  const both = anyOf(keys, certificates({ clients, proxies: ['127.0.0.1'] }), me)

  it('are told apart by what comes; the last refuses who brings none', async () => {
    await using bff = await listen(bffOf(both))
    const key = { authorization: `ApiKey ${apiKey.key}` }
    const certificate = { 'client-cert': field(partner) }
    expect(await asked(bff.url, key)).toMatchObject({ status: 200, body: { id: 'client:keyed' } })
    expect(await asked(bff.url, certificate)).toMatchObject({ status: 200, body: { id: 'client:partner' } })
    expect(await asked(bff.url, { authorization: 'me' })).toMatchObject({ status: 200, body: { id: 'me' } })
    expect(await asked(bff.url, { ...key, ...certificate })).toMatchObject({ body: { id: 'client:keyed' } })
    expect(await asked(bff.url, {})).toMatchObject({ status: 401, body: { code: 'token-missing' } })
  })

  it('do not stand in for each other: a bad one is refused, whatever else comes', async () => {
    await using bff = await listen(bffOf(both))
    const headers = { authorization: `ApiKey ${apiKey.key.slice(0, -2)}`, 'client-cert': field(partner) }
    expect(await asked(bff.url, headers)).toMatchObject({ status: 401, body: { code: 'key-invalid' } })
    const stale = { authorization: 'me', 'client-cert': field(stranger) }
    expect(await asked(bff.url, stale)).toMatchObject({ status: 401, body: { code: 'certificate-invalid' } })
  })

  it('name all request fields that they read', () => {
    expect(new Set(both.reads)).toEqual(new Set(['authorization', 'client-cert', 'cookie']))
  })

  it('need to say whether they are meant, all but the last', () => {
    const loose = anyOf as unknown as (...all: Authenticate[]) => Authenticate
    expect(() => loose(me, keys)).toThrow(TypeError)
    expect(() => loose(me)).toThrow(TypeError)
  })

  it('can each be taken back: a key by its id, a certificate by its fingerprint', async () => {
    await using known = revocations({ store: memoryStore(), log })
    const bff = app(routes, { upstreams: { files: files.url }, authenticate: both, log, revocations: known })
    await using listening = await listen(bff)
    await known.token(apiKey.id, 'leaked')
    await known.token(new X509Certificate(partner.certificate).fingerprint256.replaceAll(':', '').toLowerCase())
    const problems = [
      await asked(listening.url, { authorization: `ApiKey ${apiKey.key}` }),
      await asked(listening.url, { 'client-cert': field(partner) }),
    ]
    expect(problems).toMatchObject([{ body: { code: 'key-invalid' } }, refused])
    expect(await asked(listening.url, { 'client-cert': field(renewed) })).toMatchObject({ status: 200 })
  })
})
