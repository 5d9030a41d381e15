import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { internalTokens } from '../src/auth/internal-tokens.ts'
import { internalVerifier } from '../src/auth/internal-verifier.ts'
import { keyRing, keySetPath } from '../src/auth/key-ring.ts'
import type { Listening } from '../src/index.ts'
import { json, upstream } from '../src/testing.ts'
import { ask } from './ask.ts'
import { bothDoors, doors, pathOf } from './both-doors.ts'
import { silent } from './exchange.ts'

const MINUTE = 60_000

const soon = () => new Promise((resolve) => setTimeout(resolve, 5))

const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

/**
 * Two processes of one BFF before one service, which fetches keys from whichever answers. They are replaced one after the
 * other, under load, and clocks go as fast as a test likes.
 */
async function estate(ring: string) {
  const stack = new AsyncDisposableStack()
  const time = { now: Date.now() }
  const processes: Listening[] = []
  let nth = 0
  const next = () => processes[nth++ % processes.length]!
  const balancer = createServer(async (_req, res) => {
    res.setHeader('content-type', 'application/json').end(await (await fetch(next().url + keySetPath)).text())
  })
  await once(balancer.listen(0, '127.0.0.1'), 'listening')
  stack.defer(() => void balancer.close())
  const refused: string[] = []
  const verify = internalVerifier({
    audience: 'urn:items',
    issuers: { 'urn:test-bff': `http://127.0.0.1:${(balancer.address() as AddressInfo).port}${keySetPath}` },
    clock: () => time.now,
  })
  const service = stack.use(
    await upstream(async (req, res) => {
      try {
        await verify(String(req.headers.authorization).slice('Bearer '.length))
        json(res, { id: 'a', name: 'b' })
      } catch (error) {
        refused.push(String(error))
        json(res, {}, 401)
      }
    }),
  )
  const start = (keys: string) => {
    const tokens = internalTokens({ name: 'test-bff', keys: keyRing(keys), log: silent, clock: () => time.now })
    return bothDoors(service.url, { policy: { token: 'user', timeout: 3_000 }, guarded: true, tokens })
  }
  const counted = { answered: 0, failed: 0 }
  const load = { stopped: false, held: false, underWay: 0 }
  const lane = async (door: (typeof doors)[number]) => {
    while (!load.stopped) {
      if (load.held) {
        await soon()
        continue
      }
      load.underWay++
      const { status } = await ask(next().url + pathOf(door, 'a'), { headers: { authorization: 'me' } })
      load.underWay--
      counted.answered++
      if (status !== 200) counted.failed++
    }
  }
  processes.push(await start(ring), await start(ring))
  const lanes = [...doors, ...doors].map(lane)
  return {
    counted,
    refused,
    /** So many more answers, and then so many milliseconds at once. */
    async rest(ms: number) {
      const enough = counted.answered + 40
      while (counted.answered < enough) await soon()
      if (ms === 0) return
      // No request lives through a leap of the clock.
      load.held = true
      while (load.underWay > 0) await soon()
      time.now += ms
      load.held = false
    },
    /** One process after the other gets this ring; the old one finishes what it has begun. */
    async deploy(keys: string) {
      for (const at of [0, 1]) {
        const before = processes[at]!
        processes[at] = await start(keys)
        await this.rest(0)
        await before[Symbol.asyncDispose]()
      }
    },
    async [Symbol.asyncDispose]() {
      load.stopped = true
      await Promise.all(lanes)
      for (const one of processes) await one[Symbol.asyncDispose]()
      balancer.closeAllConnections()
      await stack.disposeAsync()
    },
  }
}

describe('a key is replaced', () => {
  it('under load, by the steps of the guide, without one refusal', async () => {
    const [old, fresh] = [newKey(), newKey()]
    await using t = await estate(old)
    await t.rest(0)
    // Published behind the old one, until every service has fetched it.
    await t.deploy(old + fresh)
    await t.rest(11 * MINUTE)
    await t.rest(0)
    // Signs. Processes of both kinds run for a while.
    await t.deploy(fresh + old)
    await t.rest(2 * MINUTE)
    // What the old one signed has ended.
    await t.deploy(fresh)
    await t.rest(11 * MINUTE)
    await t.rest(0)
    expect({ ...t.counted, refused: t.refused }).toMatchObject({ failed: 0, refused: [] })
    expect(t.counted.answered).toBeGreaterThan(400)
  }, 30_000)

  it('at once, when it must be: what the old one signed is refused from the next look at the keys on', async () => {
    const time = { now: Date.now() }
    const [old, fresh] = [newKey(), newKey()].map((key) =>
      internalTokens({ name: 'bff', keys: keyRing(key), log: silent, clock: () => time.now }),
    )
    let published = old!
    const fetchKeys = () => Promise.resolve(Response.json(published.keySet))
    const verify = internalVerifier({
      audience: 'a',
      issuers: { 'urn:bff': 'http://k' },
      clock: () => time.now,
      fetch: fetchKeys,
    })
    expect(await verify(old!.mint('a'))).toMatchObject({ id: 'bff' })
    published = fresh!
    time.now += 2_000
    expect(await verify(fresh!.mint('a'))).toMatchObject({ id: 'bff' })
    await expect(verify(old!.mint('a'))).rejects.toMatchObject({ reason: 'key' })
  })
})
