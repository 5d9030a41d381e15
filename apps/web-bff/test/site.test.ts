import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { start } from '../src/app.ts'

const nowhere = 'http://127.0.0.1:9'
const upstreams = {
  catalog: nowhere,
  customers: nowhere,
  orders: nowhere,
  inventory: nowhere,
  reviews: nowhere,
  tracking: nowhere,
}

let root: string
let bff: Awaited<ReturnType<typeof start>>

const config = {
  port: 0,
  hostname: '127.0.0.1',
  log: pino({ level: 'silent' }),
  upstreams,
  issuer: 'http://localhost:9',
  clientSecret: 'x'.repeat(32),
  sessionKeys: ['y'.repeat(32)],
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'site-'))
  await mkdir(join(root, 'assets'))
  await writeFile(join(root, 'index.html'), '<title>the page</title>')
  await writeFile(join(root, 'assets/app-1a2b.js'), 'script')
  bff = await start({
    ...config,
    publicUrl: 'http://localhost:4000',
    webRoot: root,
  })
})

afterAll(async () => {
  await bff[Symbol.asyncDispose]()
  await rm(root, { recursive: true })
})

const get = (path: string, accept = 'text/html') => fetch(bff.url + path, { headers: { accept } })

describe('the client beside its API', () => {
  it.each(['/', '/cart', '/products/prd_1'])('shows its one page at %s, never from a cache unasked', async (path) => {
    const answer = await get(path)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    expect(await answer.text()).toContain('the page')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it('keeps hashed assets for ever', async () => {
    const answer = await get('/assets/app-1a2b.js', '*/*')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  })

  it.each([
    ['/api/nothing', 'text/html', 404],
    ['/bff/nothing', 'text/html', 404],
    ['/assets/gone.js', 'text/html', 404],
    ['/cart', 'application/json', 404],
    ['/../../etc/passwd', 'text/html', 200],
    ['/%2e%2e/%2e%2e/etc/passwd', 'text/html', 200],
    ['/..%2f..%2fetc/passwd', 'text/html', 400],
  ])('%s for %s is %i', async (path, accept, status) => {
    const answer = await get(path, accept)
    expect(answer.status).toBe(status)
    expect(await answer.text()).not.toContain('root:')
  })
})

describe('a start that cannot be', () => {
  it('refuses an address that is no origin', async () => {
    const starting = start({
      ...config,
      publicUrl: 'http://shop.example',
      webRoot: '',
    })
    await expect(starting).rejects.toThrow('publicUrl must be https')
  })
})
