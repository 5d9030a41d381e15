import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { redisStore } from '../src/state/redis.ts'
import { openStore, StoreUnavailable } from '../src/state.ts'
import { hasRedis, redisServer } from '../src/testing-redis.ts'
import { certificates } from './certificates.ts'

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

const lines: string[] = []
const log = pino({ base: null, level: 'trace' }, { write: (line) => void lines.push(line) })
const open = (url: string) => redisStore({ url, prefix: 'test:', log, timeout: 300 })
const value = 'eyJhbGciOiJIUzI1NiJ9.of-somebody.session'

beforeEach(() => {
  lines.length = 0
})

describe('a store without an address', () => {
  it('is in memory, says so once, and is always ready', async () => {
    const store = await openStore({ url: '', prefix: 'test:', log })
    expect(store.local).toBe(true)
    expect(store.ready?.()).toBeUndefined()
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 30, msg: 'sessions and limits are kept in memory and end with this process' },
    ])
  })
})

suite('who may use the Redis', () => {
  const password = 'p@ss:/w%rd ?#é'
  const encoded = encodeURIComponent(password)

  it('says who it is with the user and password of the address, whatever they hold', async () => {
    await using server = await redisServer([
      `requirepass "${password}"`,
      `user app on >${encoded} ~test:* &test:* +@all -flushall`,
    ])
    for (const who of [`:${encoded}`, `app:${encodeURIComponent(encoded)}`]) {
      await using store = await open(server.url.replace('//', `//${who}@`) + '/2')
      expect(await store.set('key', value, 60_000)).toBe(true)
      expect(await store.take('rate', { interval: 1, burst: 10 })).toMatchObject({ allowed: true })
      const listening = await store.subscribe('channel', () => undefined)
      await store.publish('channel', value)
      expect(store.ready()).toBe(true)
      await listening[Symbol.asyncDispose]()
    }
    expect(lines).toEqual([])
  })

  it.each([
    ['a wrong password', ':wrong-secret@'],
    ['none', ''],
  ])('is unavailable with %s, says so once, and nobody reads a secret', async (_, who) => {
    await using server = await redisServer([`requirepass "${password}"`])
    await using store = await open(server.url.replace('//', `//${who}`))
    expect(store.ready()).toBe(false)
    const failed: unknown = await store.set('key', value, 60_000).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(StoreUnavailable)
    log.error({ err: failed }, 'as somebody might')
    await sleep(500)
    const [first, ...others] = lines
    expect(JSON.parse(first!)).toMatchObject({ msg: 'the store cannot be reached', store: server.url })
    expect(others).toHaveLength(1)
    expect(lines.join('')).not.toMatch(/wrong-secret|p@ss|of-somebody/)
  })

  it('nothing that was sent stands in an error or in the log when a command is refused', async () => {
    await using server = await redisServer(['user default on nopass ~* &* +@all -set -eval -evalsha'])
    await using store = await open(server.url)
    const failures = await Promise.all(
      [store.set('key-of-somebody', value, 60_000), store.get('key-of-somebody')].map((each) =>
        each.catch((error: unknown) => error),
      ),
    )
    for (const failed of failures) {
      expect(failed).toBeInstanceOf(StoreUnavailable)
      log.error({ err: failed }, 'as somebody might')
    }
    expect(lines.length).toBeGreaterThan(2)
    expect(lines.join('')).toContain('NOPERM')
    expect(lines.join('')).not.toContain('of-somebody')
  })
})

suite('a Redis over TLS', () => {
  const own = getCACertificates('default')
  let shelf: string
  beforeAll(() => {
    shelf = mkdtempSync(join(tmpdir(), 'tls-'))
    certificates(shelf)
    setDefaultCACertificates([...own, readFileSync(join(shelf, 'ca.pem'), 'utf8')])
  })
  afterAll(() => {
    setDefaultCACertificates(own)
    rmSync(shelf, { recursive: true })
  })
  const secured = (name: string) =>
    redisServer((port) => [
      `port 0`,
      `tls-port ${port}`,
      `tls-cert-file ${join(shelf, `${name}.pem`)}`,
      `tls-key-file ${join(shelf, `${name}.key`)}`,
      `tls-ca-cert-file ${join(shelf, 'ca.pem')}`,
      'tls-auth-clients no',
    ])
  const safe = (url: string) => url.replace('redis:', 'rediss:')

  it('is spoken to when its certificate is right', async () => {
    await using server = await secured('right')
    await using store = await open(safe(server.url))
    const heard: string[] = []
    const listening = await store.subscribe('channel', (message) => heard.push(message))
    expect(await store.set('key', value, 60_000)).toBe(true)
    expect(await store.get('key')).toMatchObject({ value })
    await store.publish('channel', 'said')
    while (heard.length === 0) await sleep(5)
    await listening[Symbol.asyncDispose]()
    expect(lines).toEqual([])
  })

  it.each([
    ['an unknown issuer', 'stranger'],
    ['another name', 'other'],
    ['a date gone by', 'expired'],
  ])('U-23: is told nothing when it has a certificate of %s', async (_, name) => {
    await using server = await secured(name)
    await using store = await open(safe(server.url))
    expect(store.ready()).toBe(false)
    await expect(store.set('key', value, 60_000)).rejects.toBeInstanceOf(StoreUnavailable)
    expect(lines).toHaveLength(1)
  })

  it('U-23: that stalls in its handshake, or speaks none, is unavailable in bounded time', async () => {
    await using server = await redisServer()
    const began = performance.now()
    await using plain = await open(safe(server.url))
    server.hang()
    await using hanging = await open(safe(server.url))
    for (const store of [plain, hanging]) {
      await expect(store.get('key')).rejects.toBeInstanceOf(StoreUnavailable)
    }
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})
