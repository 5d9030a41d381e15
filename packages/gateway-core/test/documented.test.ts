import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import express from 'express'
import { documented } from '../src/openapi/documented.ts'
import { openApi } from '../src/openapi/open-api.ts'

const document = openApi({ 'GET /a': { auth: 'open' } }, { title: 'Ünits', version: '1', security: 'bearer' })

let server: Server
let origin: string

beforeAll(async () => {
  server = createServer(
    express()
      .use(documented(document))
      .use((_req, res) => void res.status(404).end()),
  )
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => new Promise((closed) => server.close(closed)))

const ask = (path: string, init?: RequestInit) => fetch(origin + path, init)

describe('documented', () => {
  it('answers the document itself', async () => {
    const answer = await ask('/openapi.json')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual(document)
  })

  it.each(['/openapi.json', '/docs', '/docs/style.css'])(
    '%s is asked for again cheaply, and kept unasked never',
    async (path) => {
      const first = await ask(path)
      const text = await first.text()
      const etag = first.headers.get('etag')!
      expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-cache'])
      expect(Number(first.headers.get('content-length'))).toBe(Buffer.byteLength(text))
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await ask(path, { headers: { 'if-none-match': known } })
        expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
      }
      const other = await ask(path, { headers: { 'if-none-match': '"other"' } })
      expect([other.status, await other.text()]).toEqual([200, text])
    },
  )

  it('answers a HEAD without a body, and a query as if there were none', async () => {
    const head = await ask('/docs', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1_000)
    expect((await ask('/docs?from=mail')).status).toBe(200)
  })

  it.each([
    ['POST', '/docs'],
    ['GET', '/docs/'],
    ['GET', '/docs/other.css'],
    ['GET', '/openapi.yaml'],
    ['GET', '/constructor'],
  ])('%s %s is not for it', async (method, path) => {
    expect((await ask(path, { method })).status).toBe(404)
  })

  it('lets no other site read it', async () => {
    const answer = await ask('/openapi.json', { headers: { origin: 'https://elsewhere.example' } })
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})
