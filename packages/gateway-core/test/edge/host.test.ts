import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Gate, gateTo, head, refused, tell } from './gate.ts'

let any: Gate
let listed: Gate
beforeAll(async () => {
  ;[any, listed] = await Promise.all([gateTo(), gateTo({ hosts: ['shop.example', '[::1]'] })])
})
afterAll(async () => {
  await any[Symbol.asyncDispose]()
  await listed[Symbol.asyncDispose]()
})

const to = (host: string, path = '/api/files/x', ...fields: string[]) =>
  `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`

const malformed = [
  'a@evil',
  'a/b?c',
  'a b',
  '[::1',
  '[::g]',
  'evil:99999',
  'evil:',
  'evil:x',
  'evil.',
  '.evil',
  'e'.repeat(300),
  'evil, shop.example',
  'evil%2e',
]

describe.each([
  ['first', false],
  ['second', true],
])('%s on its connection', (_, second) => {
  it.each(malformed)('H-01: Host %s is refused, closed, and reaches nobody', async (host) => {
    expect(await refused(any, to(host), second)).toEqual([400, 'malformed-host'])
    expect(await refused(listed, to(host), second)).toEqual([400, 'malformed-host'])
    expect([any.seen, listed.seen]).toEqual([[], []])
    await any.well()
    await listed.well()
  })

  it.each(['evil', 'xn--evil-0na', 'evil.shop.example', 'shop.example.evil', '127.0.0.1', '[::2]'])(
    'H-01: Host %s is not one of ours',
    async (host) => {
      expect(await refused(listed, to(host), second)).toEqual([421, 'misdirected'])
      expect(listed.seen).toEqual([])
      await listed.well()
    },
  )

  it.each(['shop.example', 'SHOP.example:8080', '[::1]:4000'])('H-01: Host %s is', async (host) => {
    const answers = await tell(listed, to(host, '/api/files/x', 'connection: close'), second)
    expect(answers.map((said) => said.status)).toEqual([200])
    listed.seen.length = 0
  })

  it('H-01: the absolute form reaches nobody else than the Host it comes with', async () => {
    expect(await refused(listed, to('shop.example', 'http://evil/api/files/x'), second)).toEqual([400, 'invalid-path'])
    expect(await refused(listed, to('evil', 'http://evil/api/files/x'), second)).toEqual([421, 'misdirected'])
    expect(listed.seen).toEqual([])
  })

  it('H-01: a probe may ask under any name whether we live', async () => {
    const answers = await tell(listed, to('10.0.0.7:4000', '/livez', 'connection: close'), second)
    expect(answers.map((said) => said.status)).toEqual([200])
  })
})

describe('what reaches the service', () => {
  const reaches = async (...fields: string[]) => {
    const answers = await tell(any, head('GET /api/files/x', ...fields, 'connection: close'))
    return { answers, seen: any.seen.splice(0)[0]!.headers }
  }

  it('H-02: says where the socket comes from, whatever the client says', async () => {
    const { seen } = await reaches(
      'x-forwarded-for: 6.6.6.6',
      'x-forwarded-host: evil.example',
      'x-forwarded-proto: https',
      'x-real-ip: 6.6.6.6',
      'forwarded: for=6.6.6.6',
    )
    expect(seen['x-forwarded-for']).toBe('127.0.0.1')
    expect(JSON.stringify(seen)).not.toMatch(/6\.6\.6\.6|evil/)
  })

  it.each(['authorization', 'cookie', 'x-forwarded-for', 'x-csrf', 'traceparent', 'host'])(
    'H-04: Connection: %s takes away nothing of ours',
    async (name) => {
      const plain = await reaches()
      const { seen } = await reaches(`Connection: ${name}`)
      expect(Object.keys(seen).toSorted()).toEqual(Object.keys(plain.seen).toSorted())
      expect(seen['x-forwarded-for']).toBe('127.0.0.1')
    },
  )

  it('H-04: what Connection lists is not forwarded, and neither is the list', async () => {
    const { seen } = await reaches('connection: x-mine', 'x-mine: evil')
    expect(JSON.stringify(seen)).not.toMatch(/mine|evil/)
  })

  it.each(['X-User-Id', 'x-user-ID', 'X-Internal-Role', 'X-Auth-Request-User', 'X-Original-URL', 'X-Rewrite-URL'])(
    'H-05: %s is ours to say',
    async (name) => {
      const { seen } = await reaches(`${name}: evil`)
      expect(JSON.stringify(seen)).not.toContain('evil')
    },
  )

  it('H-05: a flood of traceparent ends in one that is ours', async () => {
    const { seen } = await reaches(
      ...Array.from({ length: 50 }, () => `traceparent: 00-${'e'.repeat(32)}-${'e'.repeat(16)}-01`),
    )
    expect(seen['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(seen['traceparent']).not.toContain('-eeeeeeeeeeeeeeee-')
  })

  it('H-06: cookies stop here, both ways', async () => {
    await using setting = await gateTo({
      service: (req, res) =>
        res.writeHead(200, { 'set-cookie': '__Host-Http-sid=evil' }).end(String(req.headers.cookie)),
    })
    const [said] = await tell(
      setting,
      head('GET /api/files/x', 'cookie: __Host-Http-sid=mine; csrf=mine', 'connection: close'),
    )
    expect(said!.body).toBe('undefined')
    expect(said!.head).not.toMatch(/set-cookie/i)
  })
})
