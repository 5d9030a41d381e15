import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { say } from '../raw.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

let web: WebApp
let cookie: string

beforeAll(async () => {
  web = await webApp()
  cookie = `${SID}=${web.cookies(await web.signIn()).get(SID)}`
})
beforeEach(() => {
  web.lines.length = 0
})
afterAll(() => web[Symbol.asyncDispose]())

const send = (path: string, { headers = {}, ...init }: RequestInit = {}) =>
  fetch(web.url + path, { redirect: 'manual', ...init, headers: { cookie, ...(headers as object) } })

const own = { 'sec-fetch-site': 'same-origin' }
const at = (site: string) => ({ 'sec-fetch-site': site })

/** 403, and nothing has reached a service. */
async function expectRefused(path: string, init: RequestInit, signal: string): Promise<void> {
  const before = web.behind.seen.length
  const answer = await send(path, init)
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({ code: 'csrf-rejected', signal })
  expect(web.behind.seen.length).toBe(before)
}

describe('a form of another site', () => {
  const bodies = [
    ['application/x-www-form-urlencoded', 'name=lamp'],
    ['application/x-www-form-urlencoded', '{"name":"lamp"}'],
    ['text/plain', '{"name":"lamp"}'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/json', '{"name":"lamp"}'],
    ['', '{"name":"lamp"}'],
    ['', ''],
  ] as const

  it.each(bodies)(
    'C-01, B-11, B-13: of type %j with %j changes nothing, neither by a screen nor by a forward',
    async (type, body) => {
      const headers = type === '' ? {} : { 'content-type': type }
      const init = { method: 'POST', headers, ...(body === '' ? {} : { body: Buffer.from(body) }) }
      for (const path of ['/api/things', '/api/files/upload']) {
        await expectRefused(path, init, 'header')
        await expectRefused(
          path,
          { ...init, headers: { ...headers, ...at('cross-site'), 'x-csrf': '1' } },
          'fetch-metadata',
        )
        await expectRefused(path, { ...init, headers: { ...headers, origin: 'null', 'x-csrf': '1' } }, 'origin')
      }
    },
  )

  it('C-01: needs the type of JSON even from here', async () => {
    const answer = await send('/api/things', {
      method: 'POST',
      headers: { ...own, 'x-csrf': '1', 'content-type': 'text/plain' },
      body: '{"name":"lamp"}',
    })
    expect(answer.status).toBe(415)
  })

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override'])(
    'C-01: cannot say that it is another method, by %s or by a parameter',
    async (name) => {
      const before = web.behind.seen.length
      await expectRefused('/api/files/a?_method=GET', { method: 'POST', headers: { ...own, [name]: 'GET' } }, 'header')
      const read = await send('/api/files/a?_method=DELETE', { headers: { ...own, [name]: 'DELETE' } })
      expect(read.status).toBe(200)
      expect(web.behind.seen.slice(before).map(({ method }) => method)).toEqual(['GET'])
    },
  )

  it('C-01: signs nobody out, and a GET cannot', async () => {
    await expectRefused('/bff/logout', { method: 'POST' }, 'header')
    expect((await send('/bff/logout', { headers: own })).status).toBe(405)
    await expectRefused('/bff/sessions?except=current', { method: 'DELETE', headers: own }, 'header')
    expect((await send('/api/things', { headers: own })).status).toBe(200)
  })
})

describe('what another site makes a browser ask', () => {
  const doors = [
    '/api/things',
    '/api/files/a.pdf',
    '/api/files/events',
    '/bff/session',
    '/bff/sessions',
    '/api/visitor',
  ]

  it.each(doors)('C-02, B-12, B-14: %s is for this site: by its header, or by the browser’s own word', async (path) => {
    for (const headers of [own, at('none'), { 'x-csrf': '1' }, { origin: web.url }]) {
      expect((await send(path, { headers })).status).toBe(200)
    }
    for (const site of ['cross-site', 'same-site', 'Same-Origin', 'same-origin, same-origin', 'x']) {
      await expectRefused(path, { headers: { ...at(site), 'x-csrf': '1' } }, 'fetch-metadata')
    }
    for (const origin of [
      'null',
      'https://evil.example',
      `${web.url}0`,
      web.url.replace('http', 'https'),
      `${web.url}/`,
    ]) {
      await expectRefused(path, { headers: { ...own, origin, 'x-csrf': '1' } }, 'origin')
    }
    await expectRefused(path, {}, 'header')
  })

  it('C-02: a link from anywhere leads here, a frame or a picture does not', async () => {
    const asked = (site: string, mode: string, dest: string) =>
      say(
        web.url,
        `GET /api/files/a HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: ${cookie}\r\nsec-fetch-site: ${site}\r\n` +
          `sec-fetch-mode: ${mode}\r\nsec-fetch-dest: ${dest}\r\n\r\n`,
      )
    for (const site of ['cross-site', 'same-site']) {
      expect(await asked(site, 'navigate', 'document')).toMatch(/^HTTP\/1.1 200 /)
      for (const [mode, dest] of [
        ['navigate', 'iframe'],
        ['no-cors', 'image'],
        ['no-cors', 'script'],
        ['cors', 'empty'],
      ] as const) {
        expect(await asked(site, mode, dest)).toMatch(/^HTTP\/1.1 403 /)
      }
    }
  })

  it('C-01: a HEAD is as good as a GET, and no better', async () => {
    expect((await send('/api/files/a', { method: 'HEAD', headers: own })).status).toBe(200)
    for (const headers of [{}, at('cross-site')]) {
      expect((await send('/api/files/a', { method: 'HEAD', headers })).status).toBe(403)
    }
  })

  it('C-02: one line of the log says which signal spoke against it', async () => {
    await expectRefused('/api/things', { headers: at('cross-site') }, 'fetch-metadata')
    const refused = web.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(refused).toContainEqual(
      expect.objectContaining({ code: 'csrf-rejected', signal: 'fetch-metadata', status: 403 }),
    )
  })
})

describe('a WebSocket', () => {
  const dial = (headers: Record<string, string>, origin?: string) =>
    new WebSocket(`${web.url.replace('http', 'ws')}/api/live/a`, {
      headers: { cookie, ...headers },
      ...(origin === undefined ? {} : { origin }),
    })

  it('C-02: opens for pages of this site', async () => {
    const socket = dial({}, web.url)
    await once(socket, 'open')
    socket.terminate()
    const [asked] = web.sockets.asked
    expect(asked?.headers).not.toHaveProperty('cookie')
  })

  it.each([
    [undefined, {}],
    [undefined, { 'x-csrf': '1', ...own }],
    ['null', own],
    ['https://evil.example', own],
    ['https://evil.example', { 'x-csrf': '1' }],
  ])('C-02: of a page at %s with %o does not, whatever the route takes', async (origin, headers) => {
    const before = web.sockets.asked.length
    const socket = dial(headers, origin)
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(answer.statusCode).toBe(403)
    expect(web.sockets.asked.length).toBe(before)
  })
})

describe('another origin', () => {
  const origins = () => [
    'null',
    'https://evil.example',
    'https://our.evil.example',
    `${web.url}.evil.example`,
    web.url.replace('http:', 'https:'),
  ]

  it('C-04, B-15: is never told that it may read or send anything', async () => {
    for (const origin of [...origins(), web.url]) {
      const asked = {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-csrf, authorization, *, x-anything',
        'access-control-request-private-network': 'true',
      }
      for (const path of ['/api/things', '/api/files/a', '/bff/session', '/bff/logout', '/nowhere']) {
        const answers = [
          await send(path, { method: 'OPTIONS', headers: asked }),
          await send(path, { headers: { origin, 'x-csrf': '1' } }),
        ]
        for (const { headers } of answers) {
          expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
        }
      }
    }
  })
})

it('C-02: a repeated signal is none', async () => {
  const twice = (line: string) =>
    say(
      web.url,
      `GET /api/things HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: ${cookie}\r\n${line}\r\n${line}\r\n\r\n`,
    )
  for (const line of ['x-csrf: 1', `origin: ${web.url}`, 'sec-fetch-site: same-origin']) {
    expect(await twice(line)).toMatch(/^HTTP\/1.1 400 /)
  }
})
